import type { ScheduledKey } from "../../port.ts";
import type { ScheduledPlace } from "./scheduled-record.ts";
import { createSorted, type Sorted } from "./sorted.ts";

/** A message that waits: where its record lies, not what is in it. */
export interface Waiting {
  readonly topic: WaitingTopic;
  readonly id: string;
  readonly dueMs: number;
  readonly nonce: number;
  readonly partition: number;
  readonly offset: number;
}

export interface WaitingTopic {
  readonly topicId: string;
  readonly ids: Map<string, Waiting>;
  readonly order: Sorted<Waiting>;
}

export type PutVerdict = "waits" | "behind";

/**
 * Of the records of one id the first that is still there waits, on every node and whatever was compacted away; those behind it were never
 * promised to anybody, and are cleared.
 */
export interface ScheduleIndex {
  put(place: ScheduledPlace, at: { readonly partition: number; readonly offset: number }): PutVerdict;
  /** The record of that place is gone. */
  remove(place: ScheduledPlace): void;
  find(topicId: string, id: string): Waiting | undefined;
  /** The record of that place is there, and another one waits. */
  isBehind(place: ScheduledPlace): boolean;
  /** Of a topic by due time, behind `after`. */
  ofTopic(topicId: string, after?: ScheduledKey): Iterable<Waiting>;
  /** Of a partition by due time. */
  ofPartition(partition: number): Iterable<Waiting>;
  /** All that the log has of a topic. */
  placesOf(topicId: string): readonly ScheduledPlace[];
  count(topicId: string): number;
  total(): number;
}

export function createScheduleIndex(): ScheduleIndex {
  const topics = new Map<string, WaitingTopic>();
  const orders = new Map<number, Sorted<Waiting>>();
  /** Rare, and soon cleared. */
  const behind = new Map<string, Waiting[]>();
  let count = 0;

  const idKey = (topicId: string, id: string) => `${topicId}\n${id}`;
  const isAt = (waiting: Waiting | undefined, { dueMs, nonce }: ScheduledPlace) =>
    waiting?.dueMs === dueMs && waiting.nonce === nonce;

  function topicOf(topicId: string): WaitingTopic {
    const found = topics.get(topicId);
    if (found !== undefined) return found;
    const made = { topicId, ids: new Map<string, Waiting>(), order: createSorted(byDueTime) };
    topics.set(topicId, made);
    return made;
  }

  function add(waiting: Waiting): void {
    waiting.topic.ids.set(waiting.id, waiting);
    waiting.topic.order.add(waiting);
    const order = orders.get(waiting.partition) ?? createSorted(byDueTime);
    orders.set(waiting.partition, order);
    order.add(waiting);
    count += 1;
  }

  function drop(waiting: Waiting): void {
    const { topic, id, partition } = waiting;
    topic.ids.delete(id);
    topic.order.delete(waiting);
    orders.get(partition)?.delete(waiting);
    count -= 1;
    if (topic.ids.size === 0) topics.delete(topic.topicId);
  }

  return {
    put({ topicId, id, dueMs, nonce }, at) {
      const topic = topicOf(topicId);
      const waiting = { topic, id, dueMs, nonce, ...at };
      if (!topic.ids.has(id)) {
        add(waiting);
        return "waits";
      }
      const key = idKey(topicId, id);
      behind.set(key, [...(behind.get(key) ?? []), waiting]);
      return "behind";
    },
    remove(place) {
      const { topicId, id } = place;
      const key = idKey(topicId, id);
      const left = (behind.get(key) ?? []).filter((each) => !isAt(each, place));
      const waiting = topics.get(topicId)?.ids.get(id);
      if (waiting !== undefined && isAt(waiting, place)) {
        drop(waiting);
        const next = left.shift();
        if (next !== undefined) add({ ...next, topic: topicOf(topicId) });
      }
      if (left.length > 0) behind.set(key, left);
      else behind.delete(key);
    },
    find: (topicId, id) => topics.get(topicId)?.ids.get(id),
    isBehind: (place) => (behind.get(idKey(place.topicId, place.id)) ?? []).some((each) => isAt(each, place)),
    ofTopic: (topicId, after) =>
      topics.get(topicId)?.order.from((each) => after === undefined || compare(each, after.dueMs, after.id) > 0) ?? [],
    ofPartition: (partition) => orders.get(partition)?.from(() => true) ?? [],
    placesOf(topicId) {
      const waiting = Array.from(topics.get(topicId)?.ids.values() ?? []);
      const all = waiting.flatMap((each) => [each, ...(behind.get(idKey(topicId, each.id)) ?? [])]);
      return all.map(placeOf);
    },
    count: (topicId) => topics.get(topicId)?.ids.size ?? 0,
    total: () => count,
  };
}

export function placeOf({ topic: { topicId }, id, dueMs, nonce }: Waiting): ScheduledPlace {
  return { topicId, id, dueMs, nonce };
}

function byDueTime(a: Waiting, b: Waiting): number {
  return compare(a, b.dueMs, b.id) || compareTexts(a.topic.topicId, b.topic.topicId);
}

function compare(waiting: Waiting, dueMs: number, id: string): number {
  return waiting.dueMs - dueMs || compareTexts(waiting.id, id);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
