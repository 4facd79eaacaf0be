import type { Topic } from "../../domain/topic.ts";
import type { Shard } from "../../engine/port.ts";
import type { Control } from "./control.ts";

/** What a shard still keeps: what is past its time to live counts as gone, whether or not its room was given back. */
export interface Kept {
  readonly shard: Shard;
  readonly start: number;
  readonly end: number;
}

type Deps = Pick<Control, "engine" | "expiryNow">;

/** Costs O(shards); reads no message. */
export async function keptShards({ engine, expiryNow }: Deps, topic: Topic): Promise<readonly Kept[]> {
  const shards = await engine.log.shards(topic.id);
  return Promise.all(
    shards.map(async (shard) => {
      // A message is gone at the very moment when its time is over, as for the part that pushes.
      const alive = await engine.log.offsetAt(shard, expiryNow() - topic.ttlMs + 1);
      const { start, end } = await engine.log.bounds(shard);
      return { shard, start: Math.min(end, Math.max(start, alive)), end };
    }),
  );
}

export async function keptCount(deps: Deps, topic: Topic): Promise<number> {
  const shards = await keptShards(deps, topic);
  return shards.reduce((sum, { start, end }) => sum + end - start, 0);
}
