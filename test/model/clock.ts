import type { Clock } from "../../src/lib/domain/clock.ts";
import { type Due, dueHeap } from "../../src/lib/domain/due-heap.ts";

/** One process's sight of the clock. Once it has ended no time passes for it any more: the process is gone. */
export interface ClockView extends Clock {
  end(): void;
}

/** Time as the model moves it, shared by the processes that come one after the other. */
export interface ModelClock {
  now(): number;
  monotonic(): number;
  view(): ClockView;
  /** Ends the waits that fall due within `ms`, one after the other; `rest` is awaited after each and tells whether to go on. */
  advance(ms: number, rest: () => Promise<boolean>): Promise<void>;
}

interface Wait extends Due {
  readonly end: () => void;
}

const START_MS = Date.UTC(2026, 0, 1);

export function modelClock(): ModelClock {
  const heap = dueHeap<Wait>();
  let elapsedMs = 0;
  const now = () => START_MS + elapsedMs;
  const monotonic = () => elapsedMs;

  function view(): ClockView {
    const own = new Set<Wait>();
    let isOver = false;
    const after = (delayMs: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const end = () => {
          own.delete(wait);
          heap.delete(wait);
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const wait = { end, dueMs: 0, turn: 0, heapPlace: -1 };
        own.add(wait);
        if (!isOver) heap.set(wait, elapsedMs + Math.max(0, delayMs));
        signal?.addEventListener("abort", end);
        if (signal?.aborted) end();
      });
    return {
      now,
      monotonic,
      after,
      end() {
        isOver = true;
        for (const wait of own) heap.delete(wait);
      },
    };
  }

  return {
    now,
    monotonic,
    view,
    async advance(ms, rest) {
      const untilMs = elapsedMs + ms;
      let goesOn = await rest();
      for (
        let dueMs = heap.firstDueMs();
        goesOn && dueMs !== undefined && dueMs <= untilMs;
        dueMs = heap.firstDueMs()
      ) {
        elapsedMs = Math.max(elapsedMs, dueMs);
        heap.takeDue(elapsedMs)?.end();
        goesOn = await rest();
      }
      if (goesOn) elapsedMs = untilMs;
    },
  };
}
