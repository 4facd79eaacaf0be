import { Bag } from "../../../domain/bag.ts";
import type { Clock } from "../../../domain/clock.ts";
import { PRODUCE_DEADLINE_MS } from "../producing.ts";
import { KafkaFailure } from "./failure.ts";

/** Bounds on what a writer waits for, whatever it consists of. One timer for all of them. */
export interface Deadlines {
  /** As `work`, where that is over before `untilMs` of monotonic time. What comes of it later changes nothing. */
  within<T>(untilMs: number, work: Promise<T>): Promise<T>;
  /** Fails where it is over. */
  check(untilMs: number): void;
}

const SWEEP_MS = 250;

interface Bounded {
  place: number;
  readonly untilMs: number;
  readonly fail: (failure: KafkaFailure) => void;
}

export function createDeadlines(clock: Clock): Deadlines {
  const all = new Bag<Bounded>();
  let isSweeping = false;

  async function sweep(): Promise<void> {
    if (isSweeping) return;
    isSweeping = true;
    while (all.size > 0) {
      await clock.after(SWEEP_MS);
      const nowMs = clock.monotonic();
      for (const each of all.all()) {
        if (nowMs < each.untilMs) continue;
        all.delete(each);
        each.fail(notInTime());
      }
    }
    isSweeping = false;
  }

  function start(untilMs: number, fail: (failure: KafkaFailure) => void): () => void {
    const bounded: Bounded = { place: 0, untilMs, fail };
    all.add(bounded);
    void sweep();
    return () => all.delete(bounded);
  }

  return {
    within: (untilMs, work) =>
      new Promise((resolve, reject) => {
        const end = start(untilMs, reject);
        work.then(
          (result) => {
            end();
            resolve(result);
          },
          (failure: unknown) => {
            end();
            reject(failure);
          },
        );
      }),
    check(untilMs) {
      if (clock.monotonic() >= untilMs) throw notInTime();
    },
  };
}

/** What was to be written was not confirmed before its time was over. */
export function notInTime(): KafkaFailure {
  const words = `Kafka did not confirm the records within ${PRODUCE_DEADLINE_MS / 1_000} s.`;
  return new KafkaFailure(Object.assign(new Error(words), { apiId: "REQUEST_TIMED_OUT" }));
}
