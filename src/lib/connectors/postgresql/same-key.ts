import { SourceError } from "../port.ts";
import type { CapturedTable } from "./tables.ts";
import { tableText } from "./words.ts";

/** Of the primary key, in its order: a column keeps its number when it is renamed. */
export function keyNumbers({ key }: Pick<CapturedTable, "key">): number[] {
  return key.map(({ number }) => number);
}

/** A row's key is what its events are known by: under another one they would not belong together any more. */
export function checkSameKey(known: readonly number[], found: CapturedTable): void {
  if (String(known) === String(keyNumbers(found))) return;
  throw new SourceError({
    code: "key_changed",
    message: `The primary key of table ${tableText(found)} was changed.`,
    hint: "Begin again, with the new keys: kbroker connector restart <name> --snapshot initial",
  });
}
