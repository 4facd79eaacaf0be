import { lstatSync, readFileSync, statSync } from "node:fs";
import type { ConfigProblem, Place } from "./problem.ts";

/** No configuration is larger; what is, was not written by a person. */
export const FILE_BYTES_MAX = 1_048_576;

export type ReadText = { readonly text: string } | { readonly problem: ConfigProblem };

/** The text of a file, or why it is none. `undefined` when there is nothing at `file`. */
export function readText(file: string, shown: string): ReadText | undefined {
  const refuse = refusal(shown);
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return refuse(`Expected a file, found ${kindOf(stat)}.`, "Put a file in its place.");
    if (stat.size > FILE_BYTES_MAX) return refuse(tooLarge(stat.size), "Move what is not configuration elsewhere.");
    return textOf(readFileSync(file), shown);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOTDIR") return undefined;
    if (code === "ENOENT" && lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
    if (code === "ENOENT") return refuse("The link leads nowhere.", "Let it name a file, or remove it.");
    return refuse(`The file cannot be read (${code}).`, "Correct its permissions, or remove it.");
  }
}

/** The same for bytes that were read already. */
export function textOf(bytes: Uint8Array, shown: string): ReadText {
  const refuse = refusal(shown);
  const valid = validLength(bytes);
  const text = new TextDecoder().decode(bytes.subarray(0, valid));
  if (valid < bytes.length) {
    return refuse("The file is not valid UTF-8 from here on.", "Save it as UTF-8.", endOf(text));
  }
  const control = /(?![\t\n\r\u0085])\p{Cc}/u.exec(text);
  if (control === null) return { text };
  const code = control[0].charCodeAt(0).toString(16).padStart(4, "0").toUpperCase();
  return refuse(
    `The file holds the control character U+${code}, so it is no text.`,
    "Remove the character, or put a YAML file in its place.",
    endOf(text.slice(0, control.index)),
  );
}

function refusal(shown: string) {
  return (message: string, fix: string, at: Place = { line: 1, column: 1 }): ReadText => ({
    problem: { file: shown, ...at, path: "", severity: "error", message, fix },
  });
}

/** How many bytes from the start are UTF-8. A stream decoder takes a cut character at the end of a prefix, so halving finds the place. */
function validLength(bytes: Uint8Array): number {
  if (isValid(bytes, false)) return bytes.length;
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (middle <= bytes.length && isValid(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  // The last character of the good part may be one that is cut off: it is the culprit.
  while (good > 0 && !isValid(bytes.subarray(0, good), false)) good -= 1;
  return good;
}

function isValid(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function endOf(text: string): Place {
  const lines = text.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function tooLarge(bytes: number): string {
  return `Expected at most ${FILE_BYTES_MAX} bytes, found ${bytes}.`;
}

function kindOf(stat: { isDirectory: () => boolean }): string {
  return stat.isDirectory() ? "a directory" : "a device, pipe or socket";
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
