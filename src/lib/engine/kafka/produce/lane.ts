import type { Bagged } from "../../../domain/bag.ts";
import type { NewRecord, Outcome } from "../producing.ts";

/** Below what a topic takes in one batch as Kafka has it (`max.message.bytes`, 1 048 588). */
const BATCH_BYTES_MAX = 900_000;
const BATCH_RECORDS_MAX = 10_000;

/** What one caller waits for. */
export interface Call extends Bagged {
  /** By the record's place in the call; those that are not known yet are missing. */
  readonly outcomes: Outcome[];
  readonly count: number;
  readonly nowMs: number;
  readonly untilMs: number;
  readonly done: (outcomes: readonly Outcome[]) => void;
  missing: number;
  /** It was answered: what is left of its records is not written any more. */
  isOver: boolean;
}

export interface Item {
  readonly record: NewRecord;
  readonly bytes: number;
  readonly call: Call;
  readonly index: number;
}

/** The records of one partition, in order: one batch is under way at a time, and the next one waits until it is settled. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  /** What was sent and is to be sent again, before anything else. */
  again: Item[];
  waiting: Item[];
  /** Its leader is looked for, its batch is under way, or it waits after a failure. */
  isBusy: boolean;
  failuresInRow: number;
  /** Less where the topic takes less. */
  bytesMax: number;
}

export function createLane(topic: string, partition: number): Lane {
  return { topic, partition, again: [], waiting: [], isBusy: false, failuresInRow: 0, bytesMax: BATCH_BYTES_MAX };
}

/** The next batch: at least one record, whatever its size, where there is one. */
export function takeBatch(lane: Lane): readonly Item[] {
  const source = lane.again.length > 0 ? lane.again : lane.waiting;
  let [count, bytes] = [0, 0];
  for (const item of source) {
    bytes += item.bytes;
    if (count > 0 && (bytes > lane.bytesMax || count >= BATCH_RECORDS_MAX)) break;
    count += 1;
  }
  return source.splice(0, count);
}

/** Takes away what nobody waits for any more. */
export function dropOver(lane: Lane): readonly Item[] {
  const over = [...lane.again, ...lane.waiting].filter(({ call }) => call.isOver);
  if (over.length === 0) return over;
  lane.again = lane.again.filter(({ call }) => !call.isOver);
  lane.waiting = lane.waiting.filter(({ call }) => !call.isOver);
  return over;
}

export function isEmpty({ again, waiting }: Lane): boolean {
  return again.length === 0 && waiting.length === 0;
}
