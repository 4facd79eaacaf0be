import type { StoredMessage } from "../../../domain/message.ts";
import type { TopicLog } from "../topic-log.ts";

/** The newest records of all topics, up to a number of bytes: readers at the tail touch no disk. */
export interface TailMemory {
  /** A record that became durable; those of one topic in order, before its `end` moves. */
  push(topic: TopicLog, record: StoredMessage): void;
}

/** What a record costs beside its payload: an estimate. */
const RECORD_OVERHEAD_BYTES = 300;
/** Lists are cut at the front once this many are let go there, and at least half. */
const COMPACT_AT = 64;
/** Records are let go in shares of at most this part of the whole. */
const SHARES_MIN = 64;

interface Share {
  readonly topic: TopicLog;
  count: number;
  bytes: number;
}

export function createTailMemory(bytesMax: number): TailMemory {
  const shares: Share[] = [];
  let [oldest, bytes] = [0, 0];

  function evict(): void {
    for (let share = shares[oldest]; bytes > bytesMax && share !== undefined; share = shares[++oldest]) {
      bytes -= share.bytes;
      letGo(share);
    }
    if (oldest < COMPACT_AT || oldest * 2 < shares.length) return;
    shares.splice(0, oldest);
    oldest = 0;
  }

  return {
    push(topic, record) {
      const size = record.payload.length + RECORD_OVERHEAD_BYTES;
      const newest = shares.at(-1);
      if (newest?.topic === topic && newest.bytes < bytesMax / SHARES_MIN) {
        newest.count += 1;
        newest.bytes += size;
      } else shares.push({ topic, count: 1, bytes: size });
      topic.tail.push(unpinned(record));
      bytes += size;
      if (bytes > bytesMax) evict();
    },
  };
}

function letGo({ topic, count }: Share): void {
  if (topic.deleted) return;
  topic.tail.fill(undefined, topic.tailHead, topic.tailHead + count);
  topic.tailHead += count;
  if (topic.tailHead < COMPACT_AT || topic.tailHead * 2 < topic.tail.length) return;
  topic.tail.splice(0, topic.tailHead);
  topic.tailHead = 0;
}

/** Above what Node shares between small buffers, a payload that is a small part of a large buffer would keep all of it alive. */
const POOL_BYTES = 8_192;

function unpinned(record: StoredMessage): StoredMessage {
  const { payload } = record;
  if (payload.buffer.byteLength <= POOL_BYTES + payload.length * 2) return record;
  return { ...record, payload: new Uint8Array(payload) };
}
