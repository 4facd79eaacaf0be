import { KBrokerError } from "../../domain/error.ts";

/** A record that is to be written. */
export interface NewRecord {
  /**
   * A function makes a key for each time that the record is written: two of one key, of which compaction keeps the later one, would change
   * places with what lies between them.
   */
  readonly key: Uint8Array | (() => Uint8Array) | null;
  /** `null`: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export interface Produced {
  readonly offset: number;
  /** The time that Kafka gave it, or its own where the topic keeps that. */
  readonly timeMs: number;
}

/** What became of a record: where it was written, or why it was not. After a failure that passes nobody knows whether it is there. */
export type Outcome = Produced | KBrokerError;

export interface ProducePlace {
  readonly topic: string;
  readonly partition: number;
  /** Of monotonic time: when it is given up. Left out: `PRODUCE_DEADLINE_MS` from now. */
  readonly untilMs?: number;
}

/** How long a record is tried. */
export const PRODUCE_DEADLINE_MS = 10_000;

/** The only writer of this node: what is given at the same time goes in one request, one request a broker is under way. */
export interface Producing {
  /**
   * Resolves once every replica in sync has each of them, in the order given. Where an answer was lost they are written again: they may then
   * lie there twice. Fails with `overloaded` when too much waits already, and with the first failure where there is one; then the others may
   * be written all the same.
   */
  produce(place: ProducePlace, records: readonly NewRecord[]): Promise<readonly Produced[]>;
  /** The same, which tells of each record in the order given: one that Kafka refuses does not take the others with it. */
  produceEach(place: ProducePlace, records: readonly NewRecord[]): Promise<readonly Outcome[]>;
  /** Waits for what was taken. */
  close(): Promise<void>;
}

/** Fails with the first failure where there is one. */
export function allOf<T>(outcomes: readonly (T | KBrokerError)[]): readonly T[] {
  return outcomes.map((each) => {
    if (each instanceof KBrokerError) throw each;
    return each;
  });
}
