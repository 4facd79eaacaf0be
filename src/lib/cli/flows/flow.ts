import { KBrokerError } from "../../domain/error.ts";
import type { Prompter } from "../prompter.ts";

/** What a flow found out, and whether it had to ask: only then the command line that would have said the same is of use. */
export interface Answered<T> {
  readonly wish: T;
  readonly asked: boolean;
}

/** What the command line says already; the rest is open. */
export type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Nobody can be asked: says everything that is missing at once, and the command line that has it. */
export function missing(parts: readonly (string | undefined)[], usage: string): KBrokerError {
  const named = parts.filter((part) => part !== undefined);
  return new KBrokerError("usage", `Missing: ${named.join(", ")}.`, { hint: usage });
}

/** Shows what is going to happen and asks; a "no" ends the flow with nothing changed. */
export async function agreed(
  ask: Prompter,
  summary: readonly (readonly [string, string])[],
  message: string,
): Promise<void> {
  const width = Math.max(...summary.map(([label]) => label.length));
  ask.tell(`\n${summary.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`).join("\n")}\n`);
  if (!(await ask.confirm({ message, initial: true }))) {
    throw new KBrokerError("not_confirmed", "Nothing was created.");
  }
}
