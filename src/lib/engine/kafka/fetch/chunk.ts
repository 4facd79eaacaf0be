import type { StoredMessage } from "../../../domain/message.ts";
import type { ReadLimits, ReadResult, Shard } from "../../port.ts";
import { decodeRecord } from "../records.ts";
import type { Fetched } from "../wire/fetch.ts";

/** What one fetch gave of a shard: everything from `from` up to `next`. Many readers share it; nobody changes it. */
export interface Chunk extends ReadResult {
  readonly from: number;
  /** Of the payloads. */
  readonly bytes: number;
}

export function chunkOf(shard: Shard, from: number, { records, next, damaged }: Fetched): Chunk {
  // A tombstone only says that what was before it is gone: it has nothing to deliver.
  const messages = records.flatMap((record) => (record.value === null ? [] : [decodeRecord(record, shard)]));
  return { from, next, damaged, records: messages, bytes: bytesOf(messages) };
}

function bytesOf(records: readonly StoredMessage[]): number {
  return records.reduce((sum, { payload }) => sum + payload.length, 0);
}

/** The first of it, as much as the limits allow and at least one record, from `from` on. */
export function limited({ records, next, damaged }: ReadResult, from: number, limits: ReadLimits): ReadResult {
  const first = firstAtOrAfter(records, from);
  let [end, bytes] = [first, 0];
  for (let record = records[end]; record !== undefined; record = records[end]) {
    bytes += record.payload.length;
    if (end > first && (end - first >= limits.countMax || bytes > limits.bytesMax)) break;
    end += 1;
  }
  const cutAt = records[end]?.offset ?? next;
  const ranges = damaged.filter((range) => range.to > from && range.from < cutAt);
  return {
    records: records.slice(first, end),
    next: cutAt,
    damaged: ranges.map((range) => ({ from: Math.max(from, range.from), to: range.to })),
  };
}

function firstAtOrAfter(records: readonly StoredMessage[], offset: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.offset ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What is left of the limits; `undefined`: nothing. */
export function limitsAfter({ countMax, bytesMax }: ReadLimits, { records }: ReadResult): ReadLimits | undefined {
  const left = { countMax: countMax - records.length, bytesMax: bytesMax - bytesOf(records) };
  return left.countMax > 0 && (left.bytesMax > 0 || records.length === 0) ? left : undefined;
}

/** One behind the other. */
export function joined(first: ReadResult, second: ReadResult): ReadResult {
  return {
    records: [...first.records, ...second.records],
    next: second.next,
    damaged: [...first.damaged, ...second.damaged],
  };
}
