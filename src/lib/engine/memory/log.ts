import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import { inTurnByKey } from "../../domain/in-turn.ts";
import type { Message, StoredMessage } from "../../domain/message.ts";
import type { Appended, AppendOptions, Log, Shard } from "../port.ts";
import type { MemoryStorage, StoredTopic } from "./storage.ts";

/** Per topic; over it the oldest are forgotten. */
export const REMEMBERED_IDS_MAX = 1_000_000;

export interface MemoryLogOptions {
  readonly clock: Clock;
  readonly storage: MemoryStorage;
  /** Stands for the disk: an append counts once this resolved, and fails with what it fails with. */
  readonly sync: () => Promise<void>;
}

export interface MemoryLog extends Log {
  /** Waits for the appends that were accepted. */
  ended(): Promise<unknown>;
}

/** One shard a topic. Appends to a topic run one after the other, so a repeat of an id in flight waits for the first. */
export function memoryLog({ clock, storage, sync }: MemoryLogOptions): MemoryLog {
  const { topics } = storage;
  const turns = inTurnByKey();
  const waiting = new Set<() => void>();

  function find(topicId: string): StoredTopic {
    const topic = topics.get(topicId);
    if (topic === undefined) throw new KBrokerError("topic_not_found", `There is no topic with the id "${topicId}".`);
    return topic;
  }

  function wakeAll(): void {
    for (const wake of [...waiting]) wake();
  }

  async function store(topicId: string, records: readonly Message[], options: AppendOptions) {
    const { dedupeWindowMs: windowMs, deduped = () => true } = options;
    const topic = find(topicId);
    const offered = { records, windowMs, deduped, nowMs: clock.now() };
    const { results, fresh, remembered } = judge(topic, { topicId, index: 0 }, offered);
    await sync();
    for (const record of fresh) {
      topic.records.push(record);
      topic.lastTimeMs = record.timeMs;
      if (windowMs !== undefined && remembered.has(record)) remember(topic, record);
    }
    topic.end += fresh.length;
    wakeAll();
    return results;
  }

  return {
    ended: turns.ended,
    async createTopic(topicId) {
      if (topics.has(topicId)) return;
      topics.set(topicId, { records: [], start: 0, end: 0, lastTimeMs: 0, remembered: new Map() });
    },
    deleteTopic: (topicId) =>
      turns.run(topicId, async () => {
        topics.delete(topicId);
        wakeAll();
      }),
    async shards(topicId) {
      find(topicId);
      return [{ topicId, index: 0 }];
    },
    append: (topicId, records, options = {}) => turns.run(topicId, () => store(topicId, records, options)),
    async read({ topicId }, from, { countMax, bytesMax }) {
      const { records, start } = find(topicId);
      const first = Math.max(from, start);
      const given: StoredMessage[] = [];
      let bytesLeft = bytesMax;
      for (const record of records.slice(first - start, first - start + countMax)) {
        bytesLeft -= record.payload.length;
        if (bytesLeft < 0 && given.length > 0) break;
        given.push(record);
      }
      return { records: given, next: first + given.length, damaged: [] };
    },
    async changed({ topicId }, after, signal) {
      while (find(topicId).end <= after && !signal.aborted) await nextWake(waiting, signal);
    },
    async bounds({ topicId }) {
      const { start, end } = find(topicId);
      return { start, end };
    },
    async offsetAt({ topicId }, timeMs) {
      const { records, end } = find(topicId);
      return records.find((record) => record.timeMs >= timeMs)?.offset ?? end;
    },
    async trim({ topicId }, before) {
      const topic = find(topicId);
      const start = Math.max(topic.start, Math.min(before, topic.end));
      topic.records = topic.records.slice(start - topic.start);
      topic.start = start;
    },
  };
}

interface Offered {
  readonly records: readonly Message[];
  readonly windowMs: number | undefined;
  readonly deduped: (record: Message) => boolean;
  readonly nowMs: number;
}

/** What becomes of each record, and which are new; of those, which to remember. Changes nothing: the append may still fail. */
function judge(topic: StoredTopic, shard: Shard, { records, windowMs, deduped, nowMs }: Offered) {
  const timeMs = Math.max(nowMs, topic.lastTimeMs);
  const fresh: StoredMessage[] = [];
  const inThisCall = new Map<string, StoredMessage>();
  const seen = (id: string): StoredMessage | undefined => {
    const first = inThisCall.get(id) ?? topic.remembered.get(id);
    return first !== undefined && windowMs !== undefined && nowMs - first.timeMs <= windowMs ? first : undefined;
  };
  const results = records.map((record): Appended => {
    const first = deduped(record) ? seen(record.id) : undefined;
    if (first !== undefined) {
      if (!sameBytes(first.payload, record.payload)) return { kind: "conflict" };
      return { kind: "duplicate", shard, offset: first.offset, timeMs: first.timeMs };
    }
    const stored = { ...record, offset: topic.end + fresh.length, timeMs };
    fresh.push(stored);
    if (deduped(record)) inThisCall.set(record.id, stored);
    return { kind: "appended", shard, offset: stored.offset, timeMs };
  });
  return { results, fresh, remembered: new Set(inThisCall.values()) };
}

function remember({ remembered }: StoredTopic, record: StoredMessage): void {
  remembered.delete(record.id);
  remembered.set(record.id, record);
  for (const oldest of remembered.keys()) {
    if (remembered.size <= REMEMBERED_IDS_MAX) return;
    remembered.delete(oldest);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function nextWake(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener("abort", wake);
  });
}
