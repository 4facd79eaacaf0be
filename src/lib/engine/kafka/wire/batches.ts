import { compressionsAlgorithmsByBitmask, crc32c } from "@platformatic/kafka";
import type { OffsetRange } from "../../../domain/cursor.ts";
import { type ByteReader, byteReader } from "./byte-reader.ts";

/** A record as it lies in Kafka. */
export interface KafkaRecord {
  readonly offset: number;
  readonly timeMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: Uint8Array | null, value: Uint8Array | null])[];
}

export interface ReadBatches {
  /** Ascending, from the asked offset on; those of transactions that were given up are left out. */
  readonly records: readonly KafkaRecord[];
  /** Behind the last batch. */
  readonly next: number;
  /** Batches whose bytes are not what was written, or that are compressed in a way that this Node cannot undo. */
  readonly damaged: readonly OffsetRange[];
}

/** The records of `producerId` from `firstOffset` on count as never written, up to the marker that says so. */
export interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

const HEADER_BYTES = 61;
/** Where the length of a batch counts from. */
const LENGTH_BASE_BYTES = 12;
const CRC_FROM = 21;
const MAGIC = 2;
const COMPRESSION = 0b111;
const IS_APPEND_TIME = 1 << 3;
const IS_TRANSACTIONAL = 1 << 4;
const IS_CONTROL = 1 << 5;
const ABORT_MARKER = 0;

interface Batch {
  readonly base: number;
  readonly next: number;
  readonly attributes: number;
  readonly firstTimeMs: number;
  readonly maxTimeMs: number;
  readonly producerId: bigint;
  readonly count: number;
  /** From the magic number on, with which everything else can be believed. */
  readonly isWhole: boolean;
  readonly body: Buffer;
}

export interface ReadFrom {
  readonly from: number;
  /** No batch reaches further, whatever it says of itself. */
  readonly end: number;
  readonly aborted?: readonly Aborted[];
}

/** Reads what a fetch gave of one partition. The last batch may be cut off: it is left for the next fetch. */
export function readBatches(bytes: Buffer, { from, end, aborted = [] }: ReadFrom): ReadBatches {
  const records: KafkaRecord[] = [];
  const damaged: OffsetRange[] = [];
  const givenUp = abortedProducers(aborted);
  const batches = Array.from(batchesIn(bytes));
  let next = from;
  for (const [index, batch] of batches.entries()) {
    const isRead = givenUp(batch) || takeRecords(batch, from, records);
    // What a batch with a wrong checksum says of its length is as little to be believed as the rest of it.
    const behind = isRead ? batch.next : (batches[index + 1]?.base ?? Math.min(Math.max(batch.next, next + 1), end));
    if (behind <= next) continue;
    if (!isRead) damaged.push({ from: Math.max(next, batch.base), to: behind });
    next = behind;
  }
  return { records, next, damaged };
}

function* batchesIn(bytes: Buffer): Generator<Batch> {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + LENGTH_BASE_BYTES + bytes.readInt32BE(at + 8);
    if (end > bytes.length || end < at + HEADER_BYTES) return;
    yield batchAt(bytes.subarray(at, end));
    at = end;
  }
}

function batchAt(bytes: Buffer): Batch {
  const base = Number(bytes.readBigInt64BE(0));
  return {
    base,
    next: base + bytes.readInt32BE(23) + 1,
    attributes: bytes.readInt16BE(21),
    firstTimeMs: Number(bytes.readBigInt64BE(27)),
    maxTimeMs: Number(bytes.readBigInt64BE(35)),
    producerId: bytes.readBigInt64BE(43),
    count: bytes.readInt32BE(57),
    isWhole: bytes.readInt8(16) === MAGIC && bytes.readUInt32BE(17) === crc32c(bytes.subarray(CRC_FROM)),
    body: bytes.subarray(HEADER_BYTES),
  };
}

/** Tells of each batch, in order, whether it has nothing to deliver: markers, and what their producer took back. */
function abortedProducers(aborted: readonly Aborted[]): (batch: Batch) => boolean {
  const coming = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const given = new Set<bigint>();
  return ({ attributes, producerId, next, isWhole, body }) => {
    if (!isWhole) return false;
    for (let first = coming[0]; first !== undefined && first.firstOffset < next; first = coming[0]) {
      given.add(first.producerId);
      coming.shift();
    }
    if ((attributes & IS_CONTROL) !== 0) {
      if (isAbort(body)) given.delete(producerId);
      return true;
    }
    return (attributes & IS_TRANSACTIONAL) !== 0 && given.has(producerId);
  };
}

function isAbort(body: Buffer): boolean {
  const [marker] = recordsIn(byteReader(body), 1);
  return marker?.key != null && marker.key.length >= 4 && Buffer.from(marker.key).readInt16BE(2) === ABORT_MARKER;
}

/** Whether the batch could be read. Of one that could not, nothing is taken. */
function takeRecords(batch: Batch, from: number, into: KafkaRecord[]): boolean {
  const isAppendTime = (batch.attributes & IS_APPEND_TIME) !== 0;
  const before = into.length;
  try {
    if (!batch.isWhole) return false;
    for (const { offsetDelta, timeDelta, ...rest } of recordsIn(byteReader(inflated(batch)), batch.count)) {
      const offset = batch.base + offsetDelta;
      // A batch is given whole: it may begin before what was asked for.
      if (offset < from) continue;
      into.push({ offset, timeMs: isAppendTime ? batch.maxTimeMs : batch.firstTimeMs + timeDelta, ...rest });
    }
    return true;
  } catch {
    // Whatever the bytes did to the decompressor: the range is told as damaged.
    into.length = before;
    return false;
  }
}

function inflated({ attributes, body }: Batch): Buffer {
  const compression = attributes & COMPRESSION;
  if (compression === 0) return body;
  const algorithm = compressionsAlgorithmsByBitmask[compression];
  if (algorithm === undefined) throw new Error(`Compression ${compression} is not known.`);
  return algorithm.decompressSync(body);
}

interface RawRecord extends Omit<KafkaRecord, "offset" | "timeMs"> {
  readonly offsetDelta: number;
  readonly timeDelta: number;
}

function* recordsIn(reader: ByteReader, count: number): Generator<RawRecord> {
  for (let index = 0; index < count; index += 1) {
    reader.varint();
    reader.skip(1);
    const timeDelta = reader.varint();
    const offsetDelta = reader.varint();
    const [key, value] = [reader.bytes(), reader.bytes()];
    const headers: (readonly [Uint8Array | null, Uint8Array | null])[] = [];
    for (let left = reader.varint(); left > 0; left -= 1) headers.push([reader.bytes(), reader.bytes()]);
    yield { offsetDelta, timeDelta, key, value, headers };
  }
}
