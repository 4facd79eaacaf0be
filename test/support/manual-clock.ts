import type { Clock } from "../../src/lib/domain/clock.ts";

/** A clock that a test moves by hand. */
export interface ManualClock extends Clock {
  /** Lets `ms` pass: waits that fall due end in order, and what follows from each has a chance to happen before the next. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an operator or NTP would; it may go back. */
  jump(ms: number): void;
}

interface Wait {
  readonly dueMs: number;
  readonly end: () => void;
}

/** Wall time begins at `startMs`, monotonic time at 0. */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  const waits = new Set<Wait>();
  let [elapsedMs, offsetMs] = [0, startMs];

  const firstDue = (untilMs: number): Wait | undefined =>
    [...waits].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];

  return {
    now: () => elapsedMs + offsetMs,
    monotonic: () => elapsedMs,
    after: (delayMs, signal) =>
      new Promise((resolve) => {
        const end = () => {
          waits.delete(wait);
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const wait = { dueMs: elapsedMs + Math.max(0, delayMs), end };
        waits.add(wait);
        signal?.addEventListener("abort", end);
        if (signal?.aborted) end();
      }),
    async advance(ms) {
      const untilMs = elapsedMs + ms;
      await settle();
      for (let wait = firstDue(untilMs); wait !== undefined; wait = firstDue(untilMs)) {
        elapsedMs = Math.max(elapsedMs, wait.dueMs);
        wait.end();
        await settle();
      }
      elapsedMs = untilMs;
      await settle();
    },
    jump: (ms) => {
      offsetMs += ms;
    },
  };
}

/** Lets what was started run until it waits for time or for the outside world. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
