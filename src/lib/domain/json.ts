import { KBrokerError } from "./error.ts";
import { placeOf } from "./json-place.ts";
import { scanJson } from "./json-scan.ts";
import { PAYLOAD_DEPTH_MAX } from "./message.ts";

/** What a JSON text says, or the first place where it says nothing. */
export type ParsedJson =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "fault"; readonly line: number; readonly column: number; readonly message: string };

/** A byte order mark is kept by this decoder, and then refused: JSON has none (RFC 8259, 8.1). */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The value of a payload. Fails with `invalid_json`, with line and column, unless the bytes are valid UTF-8 and exactly one
 * JSON value of at most 100 levels (`[[1]]` has two). The bytes themselves are what is stored: this value is for validation.
 */
export function parsePayload(payload: Uint8Array): unknown {
  const parsed = parseJsonBytes(payload, PAYLOAD_DEPTH_MAX);
  if (parsed.kind === "value") return parsed.value;
  const { line, column, message } = parsed;
  throw new KBrokerError("invalid_json", `The payload is not JSON at line ${line}, column ${column}: ${message}`, {
    hint: "Send exactly one JSON value in UTF-8; what no JSON is goes into a JSON string.",
    problems: [{ line, column, message }],
  });
}

/** Whether anybody could have published it. */
export function isPayload(payload: Uint8Array): boolean {
  return parseJsonBytes(payload, PAYLOAD_DEPTH_MAX).kind === "value";
}

/** Like `JSON.parse`, with a bound on the depth and the exact place of the first fault. */
export function parseJson(text: string, depthMax: number): ParsedJson {
  const fault = scanJson(text, depthMax);
  if (fault !== undefined) return { kind: "fault", ...placeOf(text, fault.at), message: fault.message };
  return { kind: "value", value: JSON.parse(text) };
}

/** The same for bytes, which must be UTF-8; much faster where nothing is wrong. */
export function parseJsonBytes(payload: Uint8Array, depthMax: number): ParsedJson {
  const text = decode(payload);
  if (text === undefined) return brokenUtf8(payload);
  if (mayBeDeep(text, depthMax) && depthOf(payload) > depthMax) return parseJson(text, depthMax);
  try {
    return { kind: "value", value: JSON.parse(text) };
  } catch {
    // The engine's message names no line and changes between versions: the scanner says it exactly.
    return parseJson(text, depthMax);
  }
}

function decode(payload: Uint8Array): string | undefined {
  try {
    return UTF8.decode(payload);
  } catch {
    return undefined;
  }
}

/** Few brackets cannot be deep: most payloads need no look at each byte. */
function mayBeDeep(text: string, depthMax: number): boolean {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > depthMax) return true;
    }
  }
  return false;
}

/** Whether a JSON text has more levels, without parsing it: for bytes that this process made itself. */
export function isDeeperThan(payload: Uint8Array, depthMax: number): boolean {
  return brackets(payload, depthMax) > depthMax && depthOf(payload) > depthMax;
}

/** How many levels begin somewhere, those in strings included, and not counted over `countMax` + 1: most texts have no more, and need no closer look. */
function brackets(payload: Uint8Array, countMax: number): number {
  let count = 0;
  for (const bracket of [0x5b, 0x7b]) {
    for (let at = payload.indexOf(bracket); at >= 0 && count <= countMax; at = payload.indexOf(bracket, at + 1))
      count += 1;
  }
  return count;
}

/** How deep brackets outside of strings are nested: exact for what is JSON, so that depth is bounded before anything parses. */
function depthOf(payload: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < payload.length; at += 1) {
    const byte = payload[at];
    if (byte === 0x22) inString = !inString;
    else if (inString) at += byte === 0x5c ? 1 : 0;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return deepest;
}

/** Only on the way to a refusal: the first byte where decoding fails, found by halving. */
function brokenUtf8(payload: Uint8Array): ParsedJson {
  let [good, bad] = [0, payload.length];
  while (good + 1 < bad) {
    const middle = (good + bad) >>> 1;
    if (decodeStart(payload, middle) === undefined) bad = middle;
    else good = middle;
  }
  const before = decodeStart(payload, good) ?? "";
  const byte = (payload[good] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  return { kind: "fault", ...placeOf(before, before.length), message: `Byte 0x${byte} is not valid UTF-8 there.` };
}

/** The text of the first `length` bytes, without a last character that is incomplete; `undefined` when they are not UTF-8. */
function decodeStart(payload: Uint8Array, length: number): string | undefined {
  try {
    // A decoder of its own: what `stream` keeps back must not leak into the next text.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload.subarray(0, length), {
      stream: true,
    });
  } catch {
    return undefined;
  }
}
