/** So many things at once, and no more; each is told which of them it is. Those who wait go in the order in which they came. */
export interface Slots {
  run<T>(work: (slot: number) => Promise<T>): Promise<T>;
}

export function createSlots(all: readonly number[]): Slots {
  const free = [...all];
  const waiting: ((slot: number) => void)[] = [];

  async function take(): Promise<number> {
    return free.shift() ?? (await new Promise<number>((resolve) => waiting.push(resolve)));
  }

  function give(slot: number): void {
    const next = waiting.shift();
    if (next === undefined) free.push(slot);
    else next(slot);
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
