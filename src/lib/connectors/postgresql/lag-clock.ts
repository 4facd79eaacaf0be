import type { Clock } from "../../domain/clock.ts";

/** Positions that are remembered of a slot. When there are more, every other one is forgotten: the oldest stays, the steps get coarser. */
const SAMPLES_MAX = 128;
const SLOTS_MAX = 1_000;

interface Sample {
  readonly head: bigint;
  readonly atMs: number;
}

/**
 * Tells for how long changes wait. PostgreSQL knows only where a slot is, in bytes; so it is remembered when the log's end was seen where.
 * What was written before the first look counts from that look on.
 */
export interface LagClock {
  waitedMs(slot: string, place: { readonly head: bigint; readonly confirmed: bigint }): number;
}

export function lagClock({ monotonic }: Pick<Clock, "monotonic">): LagClock {
  const seen = new Map<string, readonly Sample[]>();

  return {
    waitedMs(slot, { head, confirmed }) {
      const nowMs = monotonic();
      const waiting = (seen.get(slot) ?? []).filter((sample) => sample.head > confirmed);
      const isNew = head > confirmed && waiting.at(-1)?.head !== head;
      const samples = isNew ? [...waiting, { head, atMs: nowMs }] : waiting;
      seen.delete(slot);
      if (samples.length > 0) seen.set(slot, thinned(samples));
      for (const oldest of seen.keys()) {
        if (seen.size <= SLOTS_MAX) break;
        seen.delete(oldest);
      }
      return nowMs - (samples[0]?.atMs ?? nowMs);
    },
  };
}

function thinned(samples: readonly Sample[]): readonly Sample[] {
  return samples.length <= SAMPLES_MAX ? samples : samples.filter((_, index) => index % 2 === 0);
}
