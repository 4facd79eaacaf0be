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
  const records = items.map(({ record, call }) => ({ ...record, key: keyOf(record), timeMs: call.nowMs }));
  const firstMs = records[0]?.timeMs ?? 0;
  const bytesMax = records.reduce((sum, record) => sum + sizeOf(record), BATCH_HEADER_BYTES);
  const target = Buffer.allocUnsafe(bytesMax);
  const writer = byteWriter(target);
  writer.int64(0);
  writer.int32(0);
  writer.int32(-1);
  writer.int8(MAGIC);
  writer.int32(0);
  writer.int16(0);
  writer.int32(records.length - 1);
  writer.int64(firstMs);
  writer.int64(Math.max(...records.map(({ timeMs }) => timeMs)));
  writer.int64(-1);
  writer.int16(-1);
  writer.int32(-1);
  writer.int32(records.length);
  for (const [index, record] of records.entries())
    writeRecord(writer, record, { index, timeDelta: record.timeMs - firstMs });
  const batch = writer.written();
  batch.writeInt32BE(batch.length - LENGTH_FROM, 8);
  batch.writeUInt32BE(crc32c(batch.subarray(CRC_FROM)), CRC_AT);
  return batch;
}

interface Written extends NewRecord {
  readonly key: Uint8Array | null;
}

interface Place {
  readonly index: number;
  readonly timeDelta: number;
}

function writeRecord(writer: ByteWriter, { key, value, headers = [] }: Written, { index, timeDelta }: Place): void {
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
