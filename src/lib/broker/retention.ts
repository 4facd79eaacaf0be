import { DEDUPE_WINDOW_MS, type Topic } from "../domain/topic.ts";
import type { Shard, ShardCursor } from "../engine/port.ts";
import type { Control } from "./control/control.ts";
import { statusOf } from "./control/owner-status.ts";
import { heldLetters } from "./letter-retention.ts";

export const TRIM_PERIOD_MS = 60_000;
/**
 * Expired messages stay in the log for this long, so that the owner of a subscription sees them as expired, writes the dead
 * letter of those that were tried, and is not told of a gap instead. It also has to be longer than a report of an owner elsewhere is
 * believed for (`REPORT_AGE_MS_MAX`), with what the clocks of two nodes may differ by: whatever such a report does not name was taken up
 * after it was made, so had not expired then, and is not over this time yet.
 */
export const TRIM_GRACE_MS = 5 * 60_000;

type Deps = Pick<Control, "engine" | "view" | "delivery" | "clock" | "node" | "expiryNow" | "observer">;

/**
 * Lets go of what is past its time to live in every topic. What a subscription has not settled, or holds parked or in flight,
 * stays until it has: a tried message needs its bytes for its dead letter. A subscription that nobody owns, or whose owner on
 * another node is not believed any more, holds its topic.
 */
export async function trimPass(deps: Deps): Promise<void> {
  for (const { topic } of deps.view.topics()) {
    // A topic that fails must not keep the others from being trimmed.
    await trimTopic(deps, topic).catch((error: unknown) => {
      if (deps.view.topic(topic.name)?.topic.id !== topic.id) return;
      deps.observer.log("error", "Expired messages could not be removed.", { topic: topic.name, error });
    });
  }
}

async function trimTopic(deps: Deps, topic: Topic): Promise<void> {
  // How long its messages are kept is the storage's decision; what is over its time here is passed, not removed.
  if (topic.imported !== undefined) return;
  const { engine, view } = deps;
  // A first stays as long as there may be repeats of it that have not expired: without it they would be firsts.
  const firstsMs = engine.capabilities.exactDuplicates ? 0 : DEDUPE_WINDOW_MS;
  let beforeMs = deps.expiryNow() - topic.ttlMs - TRIM_GRACE_MS - firstsMs;
  const shards = await engine.log.shards(topic.id);
  const lows = new Map<number, number>();
  for (const { id } of view.subscriptionsOf(topic)) {
    const status = (await statusOf(deps, { id }))?.status;
    if (status === undefined) return;
    beforeMs = Math.min(beforeMs, status.oldestHeldMs ?? beforeMs);
    // What is committed, not what is in memory: after a crash the owner reads from there.
    const committed = await engine.cursors.load(id);
    for (const { index } of shards) {
      const isOwn = ({ shard, cursor }: ShardCursor) =>
        shard.index === index && cursor.topicId === topic.id && cursor.subscriptionId === id;
      // A shard that was added has none until its owner has taken it, and begins at its start.
      const low = committed.find(isOwn)?.cursor.low ?? 0;
      lows.set(index, Math.min(low, lows.get(index) ?? low));
    }
  }
  if (topic.purpose === "dead-letter") {
    const held = await heldLetters(deps, topic);
    if (held === undefined) return;
    for (const [shard, offset] of held) lows.set(shard, Math.min(offset, lows.get(shard) ?? offset));
  }
  for (const shard of shards) await trimShard(deps, shard, { beforeMs, lows });
}

async function trimShard(
  { engine }: Deps,
  shard: Shard,
  { beforeMs, lows }: { readonly beforeMs: number; readonly lows: ReadonlyMap<number, number> },
): Promise<void> {
  const expired = await engine.log.offsetAt(shard, beforeMs);
  const before = Math.min(expired, lows.get(shard.index) ?? expired);
  const { start } = await engine.log.bounds(shard);
  if (before > start) await engine.log.trim(shard, before);
}
