import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Message, StoredMessage } from "../../domain/message.ts";
import type { AppendOptions, Log, Shard } from "../port.ts";
import { judge, remember } from "./judge.ts";
import type { MemoryNodes } from "./nodes.ts";
import { emptyShards, type MemoryStorage, type RememberedIds, type StoredShard, type StoredTopic } from "./storage.ts";

export interface MemoryLogOptions {
  readonly now: Clock["now"];
  readonly storage: MemoryStorage;
  readonly nodes: Pick<MemoryNodes, "waiting" | "turns">;
  /** Stands for the disk: an append counts once this resolved, and fails with what it fails with. */
  readonly sync: () => Promise<void>;
  /** Of a topic that is created. */
  readonly shards: number;
  /** Who recognises an id that comes again: whatever engine runs over the storage, or this engine of what it stored itself, or nobody. */
  readonly remembers: "storage" | "engine" | "nothing";
}

export interface MemoryLog extends Log {
  /** Waits for the appends that were accepted. */
  ended(): Promise<unknown>;
  rememberedIds(): number;
}

/** Appends to a topic run one after the other, on whichever node, so a repeat of an id in flight waits for the first. */
export function memoryLog({ now, storage, nodes, sync, shards: shardCount, remembers }: MemoryLogOptions): MemoryLog {
  const { topics } = storage;
  const { waiting } = nodes;
  const turns = nodes.turns();
  const own = new Map<string, RememberedIds>();

  function find(topicId: string): StoredTopic {
    const topic = topics.get(topicId);
    if (topic === undefined) throw new KBrokerError("topic_not_found", `There is no topic with the id "${topicId}".`);
    return topic;
  }

  function findShard({ topicId, index }: Shard): StoredShard {
    const shard = find(topicId).shards[index];
    if (shard === undefined) throw new KBrokerError("topic_not_found", `The topic "${topicId}" has no shard ${index}.`);
    return shard;
  }

  function idsOf(topicId: string, topic: StoredTopic): RememberedIds | undefined {
    if (remembers !== "engine") return remembers === "storage" ? topic.remembered : undefined;
    const ids: RememberedIds = own.get(topicId) ?? new Map();
    own.set(topicId, ids);
    return ids;
  }

  function wakeAll(): void {
    for (const wake of [...waiting]) wake();
  }

  async function store(topicId: string, records: readonly Message[], options: AppendOptions) {
    const topic = find(topicId);
    const ids = idsOf(topicId, topic);
    const offered = { topicId, records, ids, nowMs: now(), marks: remembers !== "storage", ...options };
    const { results, fresh, news } = judge(topic, offered);
    await sync();
    for (const { shard, record } of fresh) push(topic.shards[shard], record);
    if (ids !== undefined) remember(ids, news);
    wakeAll();
    return results;
  }

  return {
    ended: turns.ended,
    rememberedIds() {
      const each = Array.from(topics, ([topicId, topic]) => idsOf(topicId, topic)?.size ?? 0);
      return each.reduce((sum, size) => sum + size, 0);
    },
    async createTopic(topicId) {
      if (!topics.has(topicId)) topics.set(topicId, { shards: emptyShards(shardCount), remembered: new Map() });
    },
    deleteTopic: (topicId) =>
      turns.run(topicId, async () => {
        topics.delete(topicId);
        own.delete(topicId);
        wakeAll();
      }),
    async shards(topicId) {
      return find(topicId).shards.map((_, index) => ({ topicId, index }));
    },
    append: (topicId, records, options = {}) => turns.run(topicId, () => store(topicId, records, options)),
    async read(shard, from, { countMax, bytesMax }) {
      const { records, start } = findShard(shard);
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
    async changed(shard, after, signal) {
      while (findShard(shard).end <= after && !signal.aborted) await nextWake(waiting, signal);
    },
    async bounds(shard) {
      const { start, end } = findShard(shard);
      return { start, end };
    },
    async offsetAt(shard, timeMs) {
      const { records, end } = findShard(shard);
      return records.find((record) => record.timeMs >= timeMs)?.offset ?? end;
    },
    async trim(shard, before) {
      const stored = findShard(shard);
      const start = Math.max(stored.start, Math.min(before, stored.end));
      stored.records = stored.records.slice(start - stored.start);
      stored.start = start;
    },
  };
}

function push(shard: StoredShard | undefined, record: StoredMessage): void {
  if (shard === undefined) return;
  shard.records.push(record);
  shard.lastTimeMs = record.timeMs;
  shard.end += 1;
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
