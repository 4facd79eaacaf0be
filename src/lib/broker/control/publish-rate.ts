import type { Topic } from "../../domain/topic.ts";
import type { Control } from "./control.ts";

const WINDOW_MS = 60_000;
/** A topic that is younger than this has no rate that means anything: it is taken for this old. */
const WINDOW_MS_MIN = 1_000;

/**
 * Messages appended per second over the last 60 s, or since the topic exists if that is less. Read from the log's own times, so
 * that it counts every publisher, survives a restart, and costs a publish nothing.
 */
export async function publishPerS({ engine, clock }: Control, topic: Topic): Promise<number> {
  const nowMs = clock.now();
  const windowMs = Math.min(WINDOW_MS, Math.max(WINDOW_MS_MIN, nowMs - topic.createdAtMs));
  const shards = await engine.log.shards(topic.id);
  const counts = await Promise.all(
    shards.map(async (shard) => {
      const from = await engine.log.offsetAt(shard, nowMs - windowMs);
      const { end } = await engine.log.bounds(shard);
      return Math.max(0, end - from);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / (windowMs / 1_000);
}
