import { SourceError } from "../../connectors/port.ts";
import { messageOf } from "../../domain/error.ts";
import type { HoldParts } from "./hold-deps.ts";

/** What a source did not say itself is ours to look into: its text may hold anything and stays in the log. */
export function sourceErrorOf({ observer, name }: Pick<HoldParts, "observer" | "name">, error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  observer.log("error", "A connector failed on something unexpected.", { connector: name, error: messageOf(error) });
  const message = "Something unexpected failed inside the broker; its log says what.";
  const hint = `Look for "${name}" in the broker's log; it is tried again by itself.`;
  return new SourceError({ code: "unexpected", message, hint }, { cause: error });
}
