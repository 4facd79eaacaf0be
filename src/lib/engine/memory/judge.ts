import type { Message } from "../../domain/message.ts";
import type { Appended, AppendOptions } from "../port.ts";
import type { Remembered, RememberedIds, StoredTopic } from "./storage.ts";

/** Per topic; over it the oldest are forgotten. */
export const REMEMBERED_IDS_MAX = 1_000_000;

export interface Offered extends Pick<AppendOptions, "dedupeWindowMs" | "deduped"> {
  readonly topicId: string;
  readonly records: readonly Message[];
  readonly nowMs: number;
  /** What of the topic is remembered; `undefined`: nothing ever is. */
  readonly ids: RememberedIds | undefined;
  /** What is given an id by its caller says so, for whoever reads it: not every repeat is recognised here. */
  readonly marks: boolean;
}

export interface Judged {
  /** One a record, in the same order. */
  readonly results: readonly Appended[];
  /** To be stored, in this order. */
  readonly fresh: readonly Remembered[];
  /** Of these, what is to be remembered. */
  readonly news: readonly Remembered[];
}

/** What becomes of each record, and which are new. Changes nothing: the append may still fail. */
export function judge({ shards }: StoredTopic, offered: Offered): Judged {
  const { topicId, records, nowMs, ids, marks, dedupeWindowMs: windowMs, deduped = () => true } = offered;
  const fresh: Remembered[] = [];
  const news = new Map<string, Remembered>();
  const added = shards.map(() => 0);

  function seen(id: string): Remembered | undefined {
    const first = news.get(id) ?? ids?.get(id);
    return first !== undefined && windowMs !== undefined && nowMs - first.record.timeMs <= windowMs ? first : undefined;
  }

  function store(record: Message, isDeduped: boolean): Appended {
    const index = shardOf(record, shards.length);
    const { end = 0, lastTimeMs = 0 } = shards[index] ?? {};
    const offset = end + (added[index] ?? 0);
    const timeMs = Math.max(nowMs, lastTimeMs);
    const mark = marks && isDeduped && windowMs !== undefined ? { dedupeWindowMs: windowMs } : {};
    const stored: Remembered = { shard: index, record: { ...record, offset, timeMs, ...mark } };
    added[index] = (added[index] ?? 0) + 1;
    fresh.push(stored);
    if (isDeduped && windowMs !== undefined && ids !== undefined) news.set(record.id, stored);
    return { kind: "appended", shard: { topicId, index }, offset, timeMs };
  }

  const results = records.map((record): Appended => {
    const isDeduped = deduped(record);
    const first = isDeduped ? seen(record.id) : undefined;
    if (first === undefined) return store(record, isDeduped);
    if (!sameBytes(first.record.payload, record.payload)) return { kind: "conflict" };
    const { offset, timeMs } = first.record;
    return { kind: "duplicate", shard: { topicId, index: first.shard }, offset, timeMs };
  });
  return { results, fresh, news: [...news.values()] };
}

export function remember(ids: RememberedIds, news: readonly Remembered[]): void {
  for (const one of news) {
    ids.delete(one.record.id);
    ids.set(one.record.id, one);
  }
  for (const oldest of ids.keys()) {
    if (ids.size <= REMEMBERED_IDS_MAX) return;
    ids.delete(oldest);
  }
}

/** All of one key in one shard; without a key, all of one id. */
function shardOf({ key, id }: Message, count: number): number {
  let hash = 0x811c9dc5;
  for (const character of key ?? id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) % count;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
