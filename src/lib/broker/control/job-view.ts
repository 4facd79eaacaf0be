import { unsettledCount } from "../../domain/cursor.ts";
import { isMove, type Job, type MoveJob, UNDO_MS_MAX } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { JobView } from "../requests/jobs.ts";
import type { Control } from "./control.ts";
import { ownerElsewhere } from "./owner-status.ts";

/** A job with what follows from where its subscription is now. */
export async function jobView(control: Control, job: Job): Promise<JobView> {
  const subscription = control.view.subscription(job.subscription)?.value;
  const isLastMove = subscription?.id === job.subscriptionId && subscription.lastMove?.job === job.id;
  if (!isMove(job) || job.state !== "done" || !isLastMove || subscription.lastMove === undefined) {
    return { job, remaining: null, undoableUntilMs: null };
  }
  const untilMs = subscription.lastMove.atMs + UNDO_MS_MAX;
  const isUndoable = job.kind !== "undo" && control.clock.now() <= untilMs;
  return {
    job,
    remaining: await remainingOf(control, job, subscription),
    undoableUntilMs: isUndoable ? untilMs : null,
  };
}

/** Costs O(shards): the owner's cursors say what of the replays is settled; those of an owner elsewhere as it committed them. */
async function remainingOf(control: Control, job: MoveJob, { id, topicId }: Subscription): Promise<number | null> {
  if (job.kind !== "rewind") return null;
  const own = control.delivery.status(id)?.cursors;
  const all = own ?? (ownerElsewhere(control, { id }) === null ? undefined : await control.engine.cursors.load(id));
  const cursors = all?.filter(({ shard }) => shard.topicId === topicId);
  if (cursors === undefined) return null;
  const counts = job.replays.map((replay) => {
    const found = cursors.find(({ shard }) => shard.index === replay.shard);
    return found === undefined ? 0 : unsettledCount(found.cursor, replay);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
