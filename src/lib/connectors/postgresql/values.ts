import type { Form } from "./types.ts";

/** From a value as PostgreSQL spells it, under the settings of our sessions, to JSON that says the same. */
export type Render = (text: string) => string;

/**
 * So much of a value is read: no event that holds more of one can be stored, and a row may have a gigabyte. What is cut is a text, whatever
 * its type.
 */
export const VALUE_LENGTH_MAX = 1_048_576;

/**
 * Nothing is computed with: a number keeps its digits, a time its microseconds. What JSON has no number for is a string; what RFC 3339 has no
 * year for (before 1, after 9999, infinity) keeps PostgreSQL's spelling of it, which no parser mistakes for another time.
 */
export const RENDER: Readonly<Record<Form, Render>> = {
  text: (text) => JSON.stringify(text),
  number: (text) => (isDigit(text.charCodeAt(text.length - 1)) ? text : `"${text}"`),
  boolean: (text) => (text.startsWith("t") ? "true" : "false"),
  json: (text) => text,
  base64: (text) => `"${bytesOf(text).toString("base64")}"`,
  timestamptz: (text) => `"${withOffset(text).replace(" ", "T")}"`,
  timestamp: (text) => `"${text.replace(" ", "T")}"`,
  timetz: (text) => `"${withOffset(text)}"`,
};

/** NaN and the infinities end with a letter. */
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const OFFSET = /([+-]\d\d)((?::\d\d)*)( BC)?$/;

/** PostgreSQL writes `+00` and `+02`, RFC 3339 `Z` and `+02:00`. */
function withOffset(text: string): string {
  if (text.endsWith("+00")) return `${text.slice(0, -3)}Z`;
  return text.replace(OFFSET, (_, hours: string, rest: string, era = "") => {
    const offset = hours === "+00" && rest === "" ? "Z" : `${hours}${rest === "" ? ":00" : rest}`;
    return `${offset}${era}`;
  });
}

function bytesOf(text: string): Buffer {
  if (!text.startsWith("\\x")) throw new Error("A bytea value is not in hex: the session's bytea_output is not ours.");
  return Buffer.from(text.slice(2), "hex");
}
