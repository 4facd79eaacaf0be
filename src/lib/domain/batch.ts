import { KBrokerError, type Problem } from "./error.ts";
import { attributeHeader } from "./headers.ts";
import { parseJsonBytes } from "./json.ts";
import { type Member, membersOf, objectStart } from "./json-members.ts";
import { pointerOf } from "./json-place.ts";
import { type Attribute, PAYLOAD_DEPTH_MAX } from "./message.ts";

/** What one batch may hold; one that is over either is refused whole, and nothing of it is kept. */
export const BATCH_BYTES_MAX = 1_048_576;
export const BATCH_LINES_MAX = 1_000;

const LINE_FEED = 0x0a;

/** One line of a batch that is not blank. */
export interface BatchLine {
  /** Counts every line from 1, blank ones included. */
  readonly number: number;
  /** Without its line feed; a carriage return before that is white space in JSON. */
  readonly bytes: Uint8Array;
}

/** What a line asks to publish. */
export interface BatchMessage {
  readonly id?: string;
  readonly key?: string;
  readonly attributes: readonly Attribute[];
  /** The payload's own bytes within the line: stored as they are. */
  readonly payload: Uint8Array;
  /** What they say, for validation. */
  readonly value: unknown;
  /** How many bytes of the line stand before the payload. */
  readonly payloadAt: number;
}

/** The lines of a batch. A blank one holds no message: it is counted and not given. */
export function linesOf(batch: Uint8Array): readonly BatchLine[] {
  const lines: BatchLine[] = [];
  let number = 0;
  for (let start = 0; start < batch.length; ) {
    const feed = batch.indexOf(LINE_FEED, start);
    const end = feed === -1 ? batch.length : feed;
    const bytes = batch.subarray(start, end);
    number += 1;
    if (!isBlank(bytes)) lines.push({ number, bytes });
    start = end + 1;
  }
  return lines;
}

export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Fails with `invalid_json` or `invalid_request`, with the place in the line, unless it is one message as a batch has it. */
export function parseBatchLine(bytes: Uint8Array): BatchMessage {
  const value = lineValue(bytes);
  const members = membersOf(bytes, objectStart(bytes) ?? 0);
  checkNames(members);
  const payload = members.find(({ name }) => name === "payload");
  if (payload === undefined) throw invalid("The line has no payload.", { pointer: "", message: "has no payload" });
  const { id, key, payload: parsed } = value;
  const attributes = members.find(({ name }) => name === "attributes");
  return {
    ...(id !== undefined && { id: text(id, "id") }),
    ...(key !== undefined && { key: text(key, "key") }),
    attributes: attributes === undefined ? [] : attributesOf(bytes, attributes.start, value.attributes),
    payload: bytes.subarray(payload.start, payload.end),
    value: parsed,
    payloadAt: payload.start,
  };
}

/** The payload may have all its levels within the object that the line is. */
const LINE_DEPTH_MAX = PAYLOAD_DEPTH_MAX + 1;

function lineValue(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const parsed = parseJsonBytes(bytes, LINE_DEPTH_MAX);
  if (parsed.kind === "fault") {
    const { column, message } = parsed;
    throw new KBrokerError("invalid_json", `The line is not JSON at column ${column}: ${message}`, {
      hint: LINE_HINT,
      problems: [{ column, message }],
    });
  }
  if (objectStart(bytes) === undefined) {
    throw invalid("The line is no JSON object.", { pointer: "", message: "is no JSON object" });
  }
  return Object(parsed.value);
}

const NAMES = ["payload", "id", "key", "attributes"];
const LINE_HINT = 'A line is {"payload": <any JSON>, "id"?: "…", "key"?: "…", "attributes"?: {"<name>": "<value>"}}.';

/** JSON would let the last of two equal names win and say nothing. */
function checkNames(members: readonly Member[]): void {
  const seen = new Set<string>();
  for (const { name } of members) {
    const pointer = pointerOf([shown(name)]);
    if (!NAMES.includes(name)) {
      throw invalid(`A line has no member ${JSON.stringify(shown(name))}.`, { pointer, message: "is not known" });
    }
    if (seen.has(name)) throw invalid(`The line has "${name}" twice.`, { pointer, message: "is there twice" });
    seen.add(name);
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw invalid(`The ${name} of the line is no string.`, { pointer: `/${name}`, message: "is no string" });
}

function attributesOf(bytes: Uint8Array, start: number, value: unknown): readonly Attribute[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("The attributes of the line are no object.", { pointer: "/attributes", message: "is no object" });
  }
  const given: Readonly<Record<string, unknown>> = Object(value);
  const names = new Set<string>();
  return membersOf(bytes, start).map(({ name: short }): Attribute => {
    const name = attributeHeader(short);
    const pointer = pointerOf(["attributes", shown(short)]);
    if (names.has(name)) {
      throw invalid(`The attribute ${JSON.stringify(shown(name))} is there twice.`, {
        pointer,
        message: "is there twice",
      });
    }
    names.add(name);
    const text = given[short];
    if (typeof text === "string") return [name, text];
    throw invalid(`The attribute ${JSON.stringify(shown(name))} is no string.`, {
      pointer,
      message: "is no string",
    });
  });
}

/** A name from a line may be as long as the line. */
function shown(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`;
}

function invalid(message: string, problem: Problem): KBrokerError {
  return new KBrokerError("invalid_request", message, { hint: LINE_HINT, problems: [problem] });
}
