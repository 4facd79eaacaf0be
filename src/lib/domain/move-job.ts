import type { Cursor } from "./cursor.ts";
import { decodeCursor } from "./cursor-codec.ts";
import { KBrokerError } from "./error.ts";
import type { MoveJob, SavedCursor } from "./job.ts";
import type { Move } from "./move.ts";

/** What the job does in this shard; `undefined` for one that was not there when it was ordered: it stays where it is. */
export function moveIn(job: MoveJob, shard: number): Move | undefined {
  const target = targetIn(job, shard);
  if (target === undefined) return undefined;
  if (job.kind !== "undo") return { kind: job.kind, target };
  const saved = savedIn(job.undone?.saved ?? null, shard);
  return saved === undefined || job.undone === null
    ? undefined
    : { kind: "undo", undone: { ...job.undone, target, saved } };
}

export function targetIn({ targets }: MoveJob, shard: number): number | undefined {
  return targets.find((target) => target.shard === shard)?.offset;
}

/** Where the subscription stood in the shard. */
export function savedIn(saved: readonly SavedCursor[] | null, shard: number): Cursor | undefined {
  const text = saved?.find((each) => each.shard === shard)?.cursor;
  if (text === undefined) return undefined;
  const cursor = decodeCursor(text);
  if (cursor === undefined) throw new KBrokerError("data_unreadable", "A position saved by a job cannot be read.");
  return cursor;
}
