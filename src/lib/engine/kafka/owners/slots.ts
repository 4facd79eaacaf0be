import type { Clock } from "../../../domain/clock.ts";

/** So many things at once, and no more; each is told which of them it is. Those who wait go in the order in which they came. */
export interface Slots {
  run<T>(work: (slot: number) => Promise<T>): Promise<T>;
}

export interface SlotsOptions {
  readonly usual: readonly number[];
  /** Given out as well where somebody waits and nothing was done for `patienceMs`: whatever is done takes its time, and not ours. */
  readonly more: readonly number[];
  readonly patienceMs: number;
  readonly clock: Clock;
  /** From then on it stays as it is. */
  readonly signal: AbortSignal;
}

export function createSlots({ usual, more, patienceMs, clock, signal }: SlotsOptions): Slots {
  const free = [...usual];
  const spare = [...more];
  const waiting: ((slot: number) => void)[] = [];
  let done = 0;
  let isWatching = false;

  async function take(): Promise<number> {
    const slot = free.shift();
    if (slot !== undefined) return slot;
    const taken = new Promise<number>((resolve) => waiting.push(resolve));
    if (!isWatching) void watch();
    return taken;
  }

  async function watch(): Promise<void> {
    isWatching = true;
    while (waiting.length > 0 && spare.length > 0 && !signal.aborted) {
      const before = done;
      await clock.after(patienceMs, signal);
      if (done === before && !signal.aborted)
        for (const slot of spare.splice(0, waiting.length)) waiting.shift()?.(slot);
    }
    isWatching = false;
  }

  function give(slot: number): void {
    done += 1;
    const next = waiting.shift();
    if (next !== undefined) next(slot);
    else (usual.includes(slot) ? free : spare).push(slot);
  }

  return {
    async run(work) {
      const slot = await take();
      try {
        return await work(slot);
      } finally {
        give(slot);
      }
    },
  };
}
