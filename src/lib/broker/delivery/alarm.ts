import type { Clock } from "../../domain/clock.ts";

/** One wait for the earliest moment at which something is to be done. */
export interface Alarm {
  /** Rings at this monotonic time at the latest; it may ring earlier, when an earlier time was set before. */
  by(monotonicMs: number): void;
}

export function alarm(clock: Clock, signal: AbortSignal, ring: () => void): Alarm {
  let current: { readonly atMs: number; readonly cancel: AbortController } | undefined;
  signal.addEventListener("abort", () => current?.cancel.abort(), { once: true });

  return {
    by(atMs) {
      if (signal.aborted || (current !== undefined && current.atMs <= atMs)) return;
      current?.cancel.abort();
      const wait = { atMs, cancel: new AbortController() };
      current = wait;
      void clock.after(Math.max(0, atMs - clock.monotonic()), wait.cancel.signal).then(() => {
        if (current !== wait) return;
        current = undefined;
        if (!signal.aborted) ring();
      });
    },
  };
}
