import { messageOf } from "../domain/error.ts";
import type { Observer } from "./observer.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Work of several parts that is tried again for as long as it fails. It is said once an outage that it fails, and once that it works again. */
export interface Outage {
  /** `part`: one of those that fail and work apart from each other. */
  failed(part: string, error: unknown, fields?: Fields): void;
  /** The part works, or is not there any more. */
  worked(part: string): void;
}

/** Over once all parts work. */
export function createOutage(
  { log }: Pick<Observer, "log">,
  says: { readonly failing: string; readonly working: string; readonly fields?: Fields },
): Outage {
  const parts = new Set<string>();
  return {
    failed(part, error, fields) {
      if (parts.size === 0) log("error", says.failing, { ...says.fields, ...fields, error: messageOf(error) });
      parts.add(part);
    },
    worked(part) {
      if (parts.delete(part) && parts.size === 0) log("info", says.working, says.fields);
    },
  };
}
