import { KBrokerError } from "../../domain/error.ts";
import type { Message } from "../../domain/message.ts";
import type { Appended, AppendOptions, Log, Shard } from "../port.ts";
import type { DedupeGate } from "./dedupe/gate.ts";
import type { FreeSpace } from "./free-space.ts";
import type { FirstPosition } from "./journal/append-call.ts";
import { FRAME_BYTES_MAX, frameBytesBound, TEXT_LENGTH_MAX, TOPIC_ID_LENGTH_MAX } from "./journal/frame.ts";
import type { Journal } from "./journal/journal.ts";
import { readTopic } from "./journal/read-topic.ts";
import { runEnd } from "./journal/run.ts";
import type { Retention } from "./retention.ts";
import type { StateStore } from "./state/store.ts";
import { type TopicLog, tailStart, topicLog, topicRecord, type Waiter, wakeWaiters } from "./topic-log.ts";

export interface LogOptions {
  readonly store: StateStore;
  readonly journal: Journal;
  readonly topics: Map<string, TopicLog>;
  readonly gate: DedupeGate;
  readonly freeSpace: FreeSpace;
  readonly retention: Retention;
  /** Throws when the engine takes nothing any more. */
  readonly checkOpen: () => void;
}

/** One shard a topic. */
export function createLog({ store, journal, topics, gate, freeSpace, retention, checkOpen }: LogOptions): Log {
  function topicOf(topicId: string): TopicLog {
    const topic = topics.get(topicId);
    if (topic === undefined) throw new KBrokerError("topic_not_found", `There is no topic with the id "${topicId}".`);
    return topic;
  }

  function shardOf({ topicId, index }: Shard): TopicLog {
    if (index !== 0) throw new KBrokerError("topic_not_found", `The topic "${topicId}" has no shard ${index}.`);
    return topicOf(topicId);
  }

  function checkRoom(options: AppendOptions): void {
    const refusal = options.reserved === true ? undefined : freeSpace.refusal();
    if (refusal !== undefined) throw refusal;
  }

  return {
    async createTopic(topicId) {
      checkOpen();
      if (topicId === "" || topicId.length > TOPIC_ID_LENGTH_MAX)
        throw new KBrokerError("invalid_request", `A topic's id has 1 to ${TOPIC_ID_LENGTH_MAX} characters.`);
      if (topics.has(topicId)) return;
      const topic = topicLog(topicId, { start: 0, end: 0, lastTimeMs: 0, accounted: 0 });
      await store.commit((write) => write.put(store.topics, topicId, topicRecord(topic)));
      if (!topics.has(topicId)) topics.set(topicId, topic);
    },

    async deleteTopic(topicId) {
      checkOpen();
      const topic = topics.get(topicId);
      if (topic === undefined) return;
      topics.delete(topicId);
      topic.deleted = true;
      topic.tail = [];
      topic.tailHead = 0;
      await store.commit((write) => write.remove(store.topics, topicId));
      wakeWaiters(topic);
      retention.release(topic);
    },

    async shards(topicId) {
      return [{ topicId: topicOf(topicId).id, index: 0 }];
    },

    async append(topicId, messages, options = {}) {
      checkOpen();
      const topic = topicOf(topicId);
      if (messages.length === 0) return [];
      checkSizes(topic, messages);
      checkRoom(options);
      const { dedupeWindowMs: windowMs = 0, deduped = () => true } = options;
      if (windowMs > 0) return gate.append(topic, messages, { windowMs, deduped });
      return positionsFrom(topic, messages, await journal.push({ topic, messages, dedupeWindowMs: 0 }));
    },

    async read(shard, from, limits) {
      return readTopic(shardOf(shard), { from, limits }, journal.disk);
    },

    async changed(shard, after, signal) {
      const topic = shardOf(shard);
      if (topic.end > after || signal.aborted) return;
      await nextChange(topic, after, signal);
    },

    async bounds(shard) {
      const { start, end } = shardOf(shard);
      return { start, end };
    },

    async offsetAt(shard, timeMs) {
      const topic = shardOf(shard);
      return Math.max(topic.start, await firstAt(topic, timeMs));
    },

    async trim(shard, before) {
      checkOpen();
      const topic = shardOf(shard);
      const start = Math.min(before, topic.end);
      if (start <= topic.start) return;
      topic.start = start;
      await store.commit((write) => write.put(store.topics, topic.id, topicRecord(topic)));
      retention.release(topic);
    },
  };

  async function firstAt(topic: TopicLog, timeMs: number): Promise<number> {
    const { tail, tailHead } = topic;
    const oldest = tail[tailHead];
    if (oldest !== undefined && (oldest.timeMs < timeMs || tailStart(topic) <= topic.start)) {
      const at = tail.findIndex((record) => record !== undefined && record.timeMs >= timeMs);
      return at === -1 ? topic.end : tailStart(topic) + at - tailHead;
    }
    const run = topic.runs.find((candidate) => candidate.lastTimeMs >= timeMs && runEnd(candidate) > topic.start);
    return run === undefined ? topic.end : journal.disk.offsetAt(run, timeMs);
  }
}

/** Fails before anything is kept when a message could not be stored. */
function checkSizes(topic: TopicLog, messages: readonly Message[]): void {
  for (const message of messages) {
    const texts = [message.id, message.key ?? "", ...message.attributes.flat()];
    if (frameBytesBound(topic.id, message) <= FRAME_BYTES_MAX && texts.every(({ length }) => length <= TEXT_LENGTH_MAX))
      continue;
    throw new KBrokerError("payload_too_large", `The message "${message.id.slice(0, 128)}" is too large to be stored.`);
  }
}

function positionsFrom(topic: TopicLog, messages: readonly Message[], first: FirstPosition): Appended[] {
  const shard = { topicId: topic.id, index: 0 };
  const { offset, timeMs } = first;
  return messages.map((_, index) => ({ kind: "appended", shard, offset: offset + index, timeMs }));
}

function nextChange(topic: TopicLog, after: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      topic.waiters.delete(waiter);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const waiter: Waiter = { after, wake };
    topic.waiters.add(waiter);
    signal.addEventListener("abort", wake);
  });
}
