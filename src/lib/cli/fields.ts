import type { Paint } from "./colour.ts";
import { plain } from "./plain.ts";

/** `null` is a number that nobody reports at the moment; it is never shown as 0. */
export function countText(count: number | null): string {
  // Not toLocaleString: the first use of Intl costs a command 15 ms.
  return count === null ? "unknown" : String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 message", "2 messages". */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "120/s", "0.4/s"; what is rarer is counted by the minute, so that one message in it does not look like none: "2/min". */
export function perSText(perS: number): string {
  if (perS > 0 && perS < 0.1) return `${Number((perS * 60).toFixed(1))}/min`;
  return `${perS < 10 ? Number(perS.toFixed(1)) : countText(Math.round(perS))}/s`;
}

export type Field = readonly [label: string, value: string];

/** Labels and values in two columns. */
export function fieldsText(fields: readonly Field[], paint: Paint): string {
  const width = Math.max(...fields.map(([label]) => label.length));
  return fields.map(([label, value]) => `${paint.dim(label.padEnd(width))}  ${plain(value)}\n`).join("");
}
