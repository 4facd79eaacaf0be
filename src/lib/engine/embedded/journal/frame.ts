import { crc32 } from "node:zlib";
import type { Attribute, Message, StoredMessage } from "../../../domain/message.ts";

/*
 * One record in a segment, little endian:
 *   0 magic u32 · 4 crc u32 · 8 length u32 · 12 batch f64 · 20 offset f64 · 28 time f64 · 36 dedupe window u32 · 40 flags u8
 *   41 topic id length u8 · 42 id length u16 · 44 key length u16 · 46 attribute count u16 · 48 payload length u32
 *   52 topic id, id, key, attributes (each u16 length and bytes, twice), payload
 * The crc covers everything after itself and starts from the segment's random seed: no payload can pose as a frame.
 */
const MAGIC = 0x4d46424b;
export const MAGIC_BYTES = Buffer.from([0x4b, 0x42, 0x46, 0x4d]);
export const FRAME_HEADER_BYTES = 52;
/** Far above what a message with all its limits reaches; a longer length is not believed. */
export const FRAME_BYTES_MAX = 1_048_576;
/** In UTF-16 units, of an id, a key, an attribute's name or value: its UTF-8 bytes fit into 16 bits. */
export const TEXT_LENGTH_MAX = 21_845;
export const TOPIC_ID_LENGTH_MAX = 85;

const LAST_OF_BATCH = 1;
const HAS_KEY = 2;

export interface FrameHead {
  readonly length: number;
  /** Counts over all segments. What one sync made durable has one number. */
  readonly batch: number;
  /** The batch is complete with this frame. */
  readonly last: boolean;
  readonly topicId: string;
  readonly offset: number;
  readonly timeMs: number;
  /** 0: the id was not given by the caller. */
  readonly dedupeWindowMs: number;
}

export interface FrameFields extends Omit<FrameHead, "length"> {
  readonly seed: number;
  readonly message: Message;
}

/** An upper bound, cheap to compute: text counts with the most bytes that it can take. */
export function frameBytesBound(topicId: string, { id, key, attributes, payload }: Message): number {
  let units = topicId.length + id.length + (key?.length ?? 0);
  for (const [name, value] of attributes) units += name.length + value.length;
  return FRAME_HEADER_BYTES + units * 3 + attributes.length * 4 + payload.length;
}

/** Writes one frame at `at` and returns where it ends. */
export function encodeFrame(target: Buffer, at: number, frame: FrameFields): number {
  const { id, key, attributes, payload } = frame.message;
  let end = at + FRAME_HEADER_BYTES;
  const topicIdBytes = target.write(frame.topicId, end);
  end += topicIdBytes;
  const idBytes = target.write(id, end);
  end += idBytes;
  const keyBytes = key === undefined ? 0 : target.write(key, end);
  end += keyBytes;
  for (const attribute of attributes) end = encodeAttribute(target, end, attribute);
  target.set(payload, end);
  end += payload.length;
  target.writeUInt32LE(MAGIC, at);
  target.writeUInt32LE(end - at, at + 8);
  target.writeDoubleLE(frame.batch, at + 12);
  target.writeDoubleLE(frame.offset, at + 20);
  target.writeDoubleLE(frame.timeMs, at + 28);
  target.writeUInt32LE(frame.dedupeWindowMs, at + 36);
  target[at + 40] = (frame.last ? LAST_OF_BATCH : 0) | (key === undefined ? 0 : HAS_KEY);
  target[at + 41] = topicIdBytes;
  target.writeUInt16LE(idBytes, at + 42);
  target.writeUInt16LE(keyBytes, at + 44);
  target.writeUInt16LE(attributes.length, at + 46);
  target.writeUInt32LE(payload.length, at + 48);
  target.writeUInt32LE(crc32(target.subarray(at + 8, end), frame.seed), at + 4);
  return end;
}

function encodeAttribute(target: Buffer, at: number, [name, value]: Attribute): number {
  const nameBytes = target.write(name, at + 2);
  target.writeUInt16LE(nameBytes, at);
  const valueAt = at + 2 + nameBytes;
  const valueBytes = target.write(value, valueAt + 2);
  target.writeUInt16LE(valueBytes, valueAt);
  return valueAt + 2 + valueBytes;
}

/** The length that a frame at `at` claims to have, unverified; 0 when there is none that could be. */
export function claimedLength(bytes: Buffer, at: number): number {
  if (at + FRAME_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return 0;
  const length = bytes.readUInt32LE(at + 8);
  return length < FRAME_HEADER_BYTES || length > FRAME_BYTES_MAX ? 0 : length;
}

/** The length of the whole, undamaged frame at `at`; 0 when there is none. */
export function frameLength(bytes: Buffer, at: number, seed: number): number {
  const length = claimedLength(bytes, at);
  if (length === 0 || at + length > bytes.length) return 0;
  return crc32(bytes.subarray(at + 8, at + length), seed) === bytes.readUInt32LE(at + 4) ? length : 0;
}

/** Only for a frame that `frameLength` has found whole. */
export function frameHead(bytes: Buffer, at: number): FrameHead {
  const topicAt = at + FRAME_HEADER_BYTES;
  return {
    length: bytes.readUInt32LE(at + 8),
    batch: bytes.readDoubleLE(at + 12),
    offset: bytes.readDoubleLE(at + 20),
    timeMs: bytes.readDoubleLE(at + 28),
    dedupeWindowMs: bytes.readUInt32LE(at + 36),
    last: (bytes.readUInt8(at + 40) & LAST_OF_BATCH) !== 0,
    topicId: bytes.toString("utf8", topicAt, topicAt + bytes.readUInt8(at + 41)),
  };
}

/** Only for a frame that `frameLength` has found whole. The payload is a view of `bytes`. */
export function frameMessage(bytes: Buffer, at: number): StoredMessage {
  const idAt = at + FRAME_HEADER_BYTES + bytes.readUInt8(at + 41);
  const keyAt = idAt + bytes.readUInt16LE(at + 42);
  const keyEnd = keyAt + bytes.readUInt16LE(at + 44);
  const id = bytes.toString("utf8", idAt, keyAt);
  const payloadBytes = bytes.readUInt32LE(at + 48);
  const end = at + bytes.readUInt32LE(at + 8);
  const attributes = decodeAttributes(bytes, keyEnd, bytes.readUInt16LE(at + 46));
  const payload = bytes.subarray(end - payloadBytes, end);
  const [offset, timeMs] = [bytes.readDoubleLE(at + 20), bytes.readDoubleLE(at + 28)];
  if ((bytes.readUInt8(at + 40) & HAS_KEY) === 0) return { id, attributes, payload, offset, timeMs };
  return { id, key: bytes.toString("utf8", keyAt, keyEnd), attributes, payload, offset, timeMs };
}

function decodeAttributes(bytes: Buffer, from: number, count: number): Attribute[] {
  const attributes: Attribute[] = [];
  let at = from;
  const text = () => {
    const start = at + 2;
    at = start + bytes.readUInt16LE(at);
    return bytes.toString("utf8", start, at);
  };
  for (let done = 0; done < count; done += 1) attributes.push([text(), text()]);
  return attributes;
}
