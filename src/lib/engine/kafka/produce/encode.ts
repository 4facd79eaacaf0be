import { crc32c } from "@platformatic/kafka";
import type { NewRecord } from "../producing.ts";
import { type ByteWriter, byteWriter, varintBytes } from "../wire/byte-writer.ts";
import type { Item } from "./lane.ts";

const BATCH_HEADER_BYTES = 61;
/** Behind offset and length, which the length does not count. */
const LENGTH_FROM = 12;
const CRC_AT = 17;
const CRC_FROM = 21;
const MAGIC = 2;
/** What a record has apart from its bytes, at most: six numbers of variable length and its attributes. */
const RECORD_OVERHEAD_BYTES = 40;
const HEADER_OVERHEAD_BYTES = 10;

/** What the record takes in a batch, at most. */
export function sizeOf({ key, value, headers = [] }: NewRecord): number {
  const keyBytes = typeof key === "function" ? key() : key;
  let bytes = RECORD_OVERHEAD_BYTES + (keyBytes?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of headers) bytes += HEADER_OVERHEAD_BYTES + 3 * (name.length + text.length);
  return bytes;
}

/** A batch as Kafka stores it, version 2, not compressed, of no transaction and without sequence numbers. */
export function encodeBatch(items: readonly Item[]): Buffer {
  const keys = items.map(({ record }) => keyOf(record));
  const firstMs = items[0]?.call.nowMs ?? 0;
  let [bytesMax, lastMs] = [BATCH_HEADER_BYTES, firstMs];
  for (const [index, { record, bytes, call }] of items.entries()) {
    // A key that is made anew may be longer than the one that was counted.
    bytesMax += bytes + (typeof record.key === "function" ? (keys[index]?.length ?? 0) : 0);
    lastMs = Math.max(lastMs, call.nowMs);
  }
  const target = Buffer.allocUnsafe(bytesMax);
  const writer = byteWriter(target);
  writer.int64(0);
  writer.int32(0);
  writer.int32(-1);
  writer.int8(MAGIC);
  writer.int32(0);
  writer.int16(0);
  writer.int32(items.length - 1);
  writer.int64(firstMs);
  writer.int64(lastMs);
  writer.int64(-1);
  writer.int16(-1);
  writer.int32(-1);
  writer.int32(items.length);
  for (const [index, { record, call }] of items.entries())
    writeRecord(writer, record, { index, key: keys[index] ?? null, timeDelta: call.nowMs - firstMs });
  const batch = writer.written();
  batch.writeInt32BE(batch.length - LENGTH_FROM, 8);
  batch.writeUInt32BE(crc32c(batch.subarray(CRC_FROM)), CRC_AT);
  return batch;
}

interface Place {
  readonly index: number;
  readonly key: Uint8Array | null;
  readonly timeDelta: number;
}

function writeRecord(writer: ByteWriter, { value, headers = [] }: NewRecord, { index, key, timeDelta }: Place): void {
  let length = 1 + varintBytes(timeDelta) + varintBytes(index) + fieldBytes(key?.length) + fieldBytes(value?.length);
  length += varintBytes(headers.length);
  for (const [name, text] of headers)
    length += fieldBytes(Buffer.byteLength(name)) + fieldBytes(Buffer.byteLength(text));
  writer.varint(length);
  writer.int8(0);
  writer.varint(timeDelta);
  writer.varint(index);
  writer.bytes(key);
  writer.bytes(value);
  writer.varint(headers.length);
  for (const [name, text] of headers) {
    writer.text(name);
    writer.text(text);
  }
}

function fieldBytes(length: number | undefined): number {
  return length === undefined ? 1 : varintBytes(length) + length;
}

function keyOf({ key }: NewRecord): Uint8Array | null {
  return typeof key === "function" ? key() : key;
}
