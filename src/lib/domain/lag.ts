import type { Cursor } from "./cursor.ts";

/** One shard as lag counts it. */
export interface ShardLag {
  readonly shard: number;
  /** The first message that is still alive. */
  readonly start: number;
  readonly low: number;
  readonly end: number;
  readonly lag: number;
}

/** The first offset at or after `start` that is not settled. */
export function firstUnsettled({ low, above }: Cursor, start: number): number {
  const from = Math.max(low, start);
  return above.find((range) => range.from <= from && from < range.to)?.to ?? from;
}

/** How long until nothing is left at the present rates; `null` when it does not get less. */
export function drainMs(
  lag: number,
  { publishPerS, ackPerS }: { publishPerS: number; ackPerS: number },
): number | null {
  if (lag === 0) return 0;
  const fallPerS = ackPerS - publishPerS;
  return fallPerS > 0 ? Math.round((lag / fallPerS) * 1_000) : null;
}
