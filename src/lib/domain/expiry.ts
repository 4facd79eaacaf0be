import type { Clock } from "./clock.ts";

/**
 * The time by which messages expire: the wall clock, but never ahead of what has truly passed since this was made. A wall clock
 * that jumps forward then expires nothing early.
 */
export function expiryClock(clock: Clock): () => number {
  const startedMs = clock.now();
  const startedMonotonicMs = clock.monotonic();
  return () => Math.min(clock.now(), startedMs + clock.monotonic() - startedMonotonicMs);
}
