import { type Cursor, highest, isSettled, unsettledCount } from "../../src/lib/domain/cursor.ts";
import { isJob, isSubscription } from "../../src/lib/domain/documents.ts";
import { isMove, type MoveJob } from "../../src/lib/domain/job.ts";
import { savedIn, targetIn } from "../../src/lib/domain/move-job.ts";
import { openIn } from "../lib/engine/embedded/fixtures.ts";

const READ = { countMax: 1_000, bytesMax: 1_000_000 };

/** A move as its job has it. */
export interface KeptMove {
  readonly job: MoveJob;
  readonly target: number;
  /** Where the subscription stood; what was parked counts as settled. */
  readonly saved: Cursor;
  /** What it brought back by the two above: at or after the target and settled. */
  readonly settled: number;
}

/** What a stopped broker has left on its disk. */
export interface Kept {
  readonly generation: number;
  /** Oldest first. */
  readonly moves: readonly KeptMove[];
  /** By id, of the topic's messages. */
  readonly offsets: ReadonlyMap<string, number>;
}

export async function keptIn(dir: string, name: string): Promise<Kept> {
  const { engine } = await openIn(dir);
  const subscription = (await engine.catalog.get("subscription", name))?.value;
  if (!isSubscription(subscription)) throw new Error(`There is no subscription ${name}.`);
  const jobs = (await engine.catalog.list("job")).map(({ value }) => value).filter(isJob);
  const moves = jobs.filter(isMove).sort((a, b) => a.generation - b.generation);
  const offsets = new Map<string, number>();
  const [shard] = await engine.log.shards(subscription.topicId);
  if (shard === undefined) throw new Error("The topic has no shard.");
  const { start, end } = await engine.log.bounds(shard);
  for (let at = start; at < end; ) {
    const { records, next } = await engine.log.read(shard, at, READ);
    for (const { id, offset } of records) offsets.set(id, offset);
    at = next;
  }
  await engine.close();
  return { generation: subscription.generation, moves: moves.map(keptMove), offsets };
}

/** The ids that a move found settled, on one side of its target. */
export function settledIds({ moves, offsets }: Kept, index: number, side: "below" | "above"): ReadonlySet<string> {
  const move = moves[index];
  if (move === undefined) throw new Error(`There is no move ${index}.`);
  const isThere = (offset: number) => offset >= move.target === (side === "above");
  const found = Array.from(offsets).filter(([, offset]) => isThere(offset) && isSettled(move.saved, offset));
  return new Set(found.map(([id]) => id));
}

function keptMove(job: MoveJob): KeptMove {
  const [target, saved] = [targetIn(job, 0), savedIn(job.saved, 0)];
  if (target === undefined || saved === undefined)
    throw new Error(`The job ${job.id} does not say from where to where.`);
  const end = Math.max(target, highest(saved));
  return { job, target, saved, settled: end - target - unsettledCount(saved, { from: target, to: end }) };
}
