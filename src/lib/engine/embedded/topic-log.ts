import type { StoredMessage } from "../../domain/message.ts";
import type { Run } from "./journal/run.ts";

/** One topic in memory: where its records lie, and who waits for more. */
export interface TopicLog {
  readonly id: string;
  /** The first offset that is kept. */
  start: number;
  /** The offset after the last durable record. */
  end: number;
  /** The offset that the next record gets: after those that are being written. */
  next: number;
  lastTimeMs: number;
  /** What was lost below this has been reported, and a start does not ask about it again. */
  accounted: number;
  /** Ascending; what lies in none of them, between `start` and `end`, is lost. */
  runs: Run[];
  /** The newest records, up to `end`; those before `tailHead` were let go. */
  tail: (StoredMessage | undefined)[];
  tailHead: number;
  readonly waiters: Set<Waiter>;
  deleted: boolean;
}

export interface Waiter {
  readonly after: number;
  readonly wake: () => void;
}

/** As the state keeps it: what the journal alone could not say once its segments are gone. */
export interface TopicRecord {
  readonly start: number;
  readonly end: number;
  readonly lastTimeMs: number;
  readonly accounted: number;
}

export function topicLog(id: string, { start, end, lastTimeMs, accounted }: TopicRecord): TopicLog {
  return {
    id,
    start,
    end,
    next: end,
    lastTimeMs,
    accounted,
    runs: [],
    tail: [],
    tailHead: 0,
    waiters: new Set(),
    deleted: false,
  };
}

export function topicRecord({ start, end, lastTimeMs, accounted }: TopicLog): TopicRecord {
  return { start, end, lastTimeMs, accounted };
}

/** The offset of the oldest record in memory; `end` when there is none. */
export function tailStart({ end, tail, tailHead }: TopicLog): number {
  return end - (tail.length - tailHead);
}

export function wakeWaiters(topic: TopicLog): void {
  for (const waiter of topic.waiters) if (topic.end > waiter.after || topic.deleted) waiter.wake();
}

/** Whoever waits looks again, whether there is something or not: the engine is closing. */
export function wakeAll({ waiters }: TopicLog): void {
  for (const { wake } of waiters) wake();
}

/** The index of the run that holds `offset`, or else of the first one behind it. */
export function runIndexAt(runs: readonly Run[], offset: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const run = runs[middle];
    if (run !== undefined && run.firstOffset + run.count <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
