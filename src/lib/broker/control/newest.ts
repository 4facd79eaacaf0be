import type { Control } from "./control.ts";
import type { Kept } from "./kept.ts";

interface From extends Kept {
  readonly from: number;
}

/**
 * Where the newest so many messages begin, over all shards together: behind the last moment from which on there are enough. O(shards) looks
 * at the log for each halving of the time that is kept.
 */
export async function newest(
  { engine, clock }: Pick<Control, "engine" | "clock">,
  kept: readonly Kept[],
  countMax: number,
): Promise<readonly From[]> {
  const lowest = kept.map((one) => ({ ...one, from: one.start }));
  const [first, ...others] = kept;
  if (first === undefined) return [];
  if (others.length === 0) return [{ ...first, from: Math.max(first.start, first.end - countMax) }];
  if (count(lowest) <= countMax) return lowest;

  const since = (timeMs: number) =>
    Promise.all(
      kept.map(async (one) => {
        const offset = await engine.log.offsetAt(one.shard, timeMs);
        return { ...one, from: Math.min(one.end, Math.max(one.start, offset)) };
      }),
    );
  // From `enough` on there are so many or more, from `tooFew` on fewer.
  let [enough, tooFew] = [lowest as readonly From[], kept.map((one) => ({ ...one, from: one.end })) as readonly From[]];
  const edges = (await Promise.all(kept.map((one) => edgesMs({ engine }, one)))).flat();
  const times = edges.map((timeMs) => timeMs ?? clock.now());
  let [enoughMs, tooFewMs] = [Math.min(...times), Math.max(...times) + 1];
  while (tooFewMs - enoughMs > 1) {
    const middleMs = Math.floor((enoughMs + tooFewMs) / 2);
    const found = await since(middleMs);
    if (count(found) >= countMax) [enough, enoughMs] = [found, middleMs];
    else [tooFew, tooFewMs] = [found, middleMs];
  }
  return filled(tooFew, enough, countMax - count(tooFew));
}

/** Publish time of the first and of the last message that is kept; `undefined` where that cannot be read. */
async function edgesMs(
  { engine }: Pick<Control, "engine">,
  { shard, start, end }: Kept,
): Promise<readonly (number | undefined)[]> {
  if (start >= end) return [];
  const at = [start, end - 1].map((offset) => engine.log.read(shard, offset, { countMax: 1, bytesMax: 1 }));
  return (await Promise.all(at)).map(({ records }) => records[0]?.timeMs);
}

/** What is at one and the same moment is all as new: as many of it as are missing. */
function filled(tooFew: readonly From[], enough: readonly From[], missing: number): readonly From[] {
  let left = missing;
  return tooFew.map((one, index) => {
    const taken = Math.min(left, one.from - (enough[index]?.from ?? one.from));
    left -= taken;
    return { ...one, from: one.from - taken };
  });
}

function count(ranges: readonly From[]): number {
  return ranges.reduce((sum, { from, end }) => sum + end - from, 0);
}
