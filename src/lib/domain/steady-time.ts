import type { Clock } from "./clock.ts";

/** The wall clock was set, or the two have drifted apart for hours. */
const APART_MS = 1_000;

/**
 * The wall time of a monotonic one. The two clocks go a little differently, so that each asking would come to another millisecond: what was
 * said of a time once is said again, and whoever compares sees no news.
 */
export function steadyWallTime(clock: Clock): (monotonicMs: number) => number {
  let said: { readonly monotonicMs: number; readonly wallMs: number } | undefined;
  return (monotonicMs) => {
    const wallMs = Math.round(clock.now() + monotonicMs - clock.monotonic());
    if (said?.monotonicMs !== monotonicMs || Math.abs(said.wallMs - wallMs) >= APART_MS) said = { monotonicMs, wallMs };
    return said.wallMs;
  };
}
