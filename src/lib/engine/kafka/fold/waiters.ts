import type { KBrokerError } from "../../../domain/error.ts";

/** Who waits until a partition was read up to some offset. */
export interface Waiters {
  wait(offset: number): Promise<void>;
  /** Everything below `offset` was read. */
  reached(offset: number): void;
  fail(failure: KBrokerError): void;
}

interface Waiter {
  readonly offset: number;
  readonly done: () => void;
  readonly fail: (failure: KBrokerError) => void;
}

export function createWaiters(): Waiters {
  let waiting: Waiter[] = [];
  return {
    wait: (offset) => new Promise((done, fail) => void waiting.push({ offset, done, fail })),
    reached(offset) {
      if (waiting.length === 0) return;
      const done = waiting.filter((each) => each.offset <= offset);
      if (done.length > 0) waiting = waiting.filter((each) => each.offset > offset);
      for (const each of done) each.done();
    },
    fail(failure) {
      const all = waiting;
      waiting = [];
      for (const each of all) each.fail(failure);
    },
  };
}
