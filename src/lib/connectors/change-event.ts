import { createHash } from "node:crypto";
import { KEY_BYTES_MAX } from "../domain/message.ts";

/** `c` created, `u` updated, `d` deleted, `r` read by the snapshot, `t` the whole table emptied. */
export type ChangeOp = "c" | "u" | "d" | "r" | "t";

/** A change with its parts as JSON texts, spelled as the database spells them. */
export interface ChangeParts {
  /** An object, or `null`. */
  readonly before: string;
  /** An object, or `null`. */
  readonly after: string;
  readonly op: ChangeOp;
  /** An object. Nothing in it may differ when the same change is read again: the repeat is recognised by its bytes. */
  readonly source: string;
  readonly tsMs: number;
}

/** The event's bytes. Put together by hand: numbers and JSON of the database keep their spelling. */
export function changeEvent({ before, after, op, source, tsMs }: ChangeParts): Uint8Array {
  return Buffer.from(`{"before":${before},"after":${after},"op":"${op}","source":${source},"ts_ms":${tsMs}}`, "utf8");
}

/** What a header would change or cannot carry: the rest of a key's texts is a key as it stands. */
const PLAIN_KEY = /^(?![" ]|sha256:)[ -~]*[!-~]$/;

/**
 * The message key of a row, from the texts of its primary key's columns: a text that fits is the key itself, anything else becomes JSON in
 * ASCII, and what is then too long its SHA-256. Rows of one table with different texts have different keys.
 */
export function messageKey(texts: readonly [string, ...string[]]): string {
  const [first] = texts;
  const isOne = texts.length === 1;
  if (isOne && first.length <= KEY_BYTES_MAX && PLAIN_KEY.test(first)) return first;
  const json = asciiJson(isOne ? first : texts);
  return json.length <= KEY_BYTES_MAX ? json : `sha256:${sha256(json)}`;
}

/**
 * The id of a change in the stream. `position` is the commit's, in the letters of a message id; `ordinal` counts the transaction's changes.
 * A row under its new key shares the change with the end of the old one.
 */
export function changeId(position: string, ordinal: number, { isMoved }: { readonly isMoved: boolean }): string {
  return `${position}-${ordinal}${isMoved ? "-c" : ""}`;
}

/** The id of a row that the snapshot read: one per row and snapshot, however often it is read. */
export function snapshotId(position: string, key: string): string {
  return `${position}-r-${sha256(key).slice(0, 32)}`;
}

function asciiJson(value: string | readonly string[]): string {
  return JSON.stringify(value).replace(/[^ -~]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
