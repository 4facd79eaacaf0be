import {
  ATTRIBUTES_BYTES_MAX,
  ATTRIBUTES_MAX,
  type Attribute,
  KEY_BYTES_MAX,
  MESSAGE_ID_PATTERN,
  type Message,
  type StoredMessage,
} from "../../domain/message.ts";
import type { Shard } from "../port.ts";
import type { NewRecord } from "./producing.ts";
import type { KafkaRecord } from "./wire/batches.ts";

/** Exactly so; no attribute of ours has an upper-case letter. */
const ID_HEADER = "X-KB-MessageID";
/** For how long an id that its caller gave is told from a repeat, in milliseconds. */
const DEDUPE_HEADER = "X-KB-Dedupe";
/** The record was a native one once, and nobody judged it since. */
const NATIVE_HEADER = "X-KB-Native";

/** The end of the year 9999. Writers date their records where a topic lets them, and some have no date, or one in another unit. */
const TIME_MS_MAX = 253_402_300_799_999;

const PRINTABLE = /^[ -~]*$/;
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const DIGITS = /^\d{1,15}$/;

/** A message as a record of Kafka: what Kafka's own clients see of it. */
export function encodeMessage(
  message: Message,
  dedupeWindowMs?: number,
): NewRecord & { readonly key: Uint8Array | null } {
  const headers: Attribute[] = [[ID_HEADER, message.id]];
  if (dedupeWindowMs !== undefined) headers.push([DEDUPE_HEADER, String(dedupeWindowMs)]);
  if (message.native !== undefined) headers.push([NATIVE_HEADER, ""]);
  return { key: keyBytes(message), value: message.payload, headers: [...headers, ...message.attributes] };
}

function keyBytes({ key, native }: Message): Uint8Array | null {
  if (native?.keyBase64 !== undefined) return Buffer.from(native.keyBase64, "base64");
  return key === undefined ? null : Buffer.from(key);
}

/** A record as a message, whoever wrote it. What is no attribute that can be pushed as a header is left out. */
export function decodeRecord(record: KafkaRecord, shard: Shard): StoredMessage {
  const { offset, value } = record;
  const timeMs = Math.min(TIME_MS_MAX, Math.max(0, record.timeMs));
  const headers = record.headers.map(([name, text]) => [textOf(name), textOf(text)] as const);
  const own = new Map(headers.filter(([name]) => name.startsWith("X-KB-")));
  const id = own.get(ID_HEADER);
  const payload = value ?? new Uint8Array();
  if (id === undefined || !MESSAGE_ID_PATTERN.test(id)) {
    const place = `${shard.topicId}:${shard.index}-${offset}`;
    const attributes = withinLimits(headers.flatMap(nativeAttribute));
    return { id: place, ...nativeKey(record.key), attributes, payload, offset, timeMs };
  }
  const attributes = headers.filter(([name, text]) => HEADER_NAME.test(name) && PRINTABLE.test(text));
  const key = own.has(NATIVE_HEADER) ? nativeKey(record.key) : ownKey(record.key);
  const window = own.get(DEDUPE_HEADER);
  const mark = window !== undefined && DIGITS.test(window) ? { dedupeWindowMs: Number(window) } : {};
  return { id, ...key, attributes, payload, offset, timeMs, ...mark };
}

/** Of a record that kbroker's publish took; of one that only says so, whatever can be a key. */
function ownKey(key: Uint8Array | null): Pick<Message, "key" | "native"> {
  if (key === null) return {};
  return key.length === 0 ? { key: "" } : printableKey(key) !== undefined ? { key: textOf(key) } : nativeKey(key);
}

function nativeKey(key: Uint8Array | null): Pick<Message, "key" | "native"> {
  if (key === null) return { native: {} };
  const text = printableKey(key);
  return text === undefined
    ? { native: { keyBase64: Buffer.from(key).toString("base64") } }
    : { key: text, native: {} };
}

function printableKey(key: Uint8Array): string | undefined {
  const text = key.length >= 1 && key.length <= KEY_BYTES_MAX ? textOf(key) : "";
  return text !== "" && PRINTABLE.test(text) ? text : undefined;
}

function nativeAttribute([name, text]: Attribute): readonly Attribute[] {
  const lower = name.toLowerCase();
  if (name === ID_HEADER || name === DEDUPE_HEADER || name === NATIVE_HEADER) return [];
  return HEADER_NAME.test(lower) && PRINTABLE.test(text) && text === text.trim() ? [[lower, text]] : [];
}

function withinLimits(attributes: readonly Attribute[]): readonly Attribute[] {
  let bytes = 0;
  const fits = ([name, text]: Attribute) => {
    bytes += name.length + text.length;
    return bytes <= ATTRIBUTES_BYTES_MAX;
  };
  return attributes.slice(0, ATTRIBUTES_MAX).filter(fits);
}

/** Byte by byte: what is not ASCII is told by its high bits and left out. */
function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
