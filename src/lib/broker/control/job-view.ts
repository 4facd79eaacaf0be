import { unsettledCount } from "../../domain/cursor.ts";
import { isMove, type Job, type MoveJob, UNDO_MS_MAX } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { JobView } from "../requests/jobs.ts";
import type { Control } from "./control.ts";

/** A job with what follows from where its subscription is now. */
export function jobView(control: Control, job: Job): JobView {
  const subscription = control.view.subscription(job.subscription)?.value;
  const isLastMove = subscription?.id === job.subscriptionId && subscription.lastMove?.job === job.id;
  if (!isMove(job) || job.state !== "done" || !isLastMove || subscription.lastMove === undefined) {
    return { job, remaining: null, undoableUntilMs: null };
  }
  const untilMs = subscription.lastMove.atMs + UNDO_MS_MAX;
  const isUndoable = job.kind !== "undo" && control.clock.now() <= untilMs;
  return { job, remaining: remainingOf(control, job, subscription), undoableUntilMs: isUndoable ? untilMs : null };
}

/** Costs O(shards): the owner's cursors say what of the replays is settled. */
function remainingOf({ delivery }: Control, job: MoveJob, { id, topicId }: Subscription): number | null {
  const cursors = delivery.status(id)?.cursors.filter(({ shard }) => shard.topicId === topicId);
  if (job.kind !== "rewind" || cursors === undefined) return null;
  const counts = job.replays.map((replay) => {
    const found = cursors.find(({ shard }) => shard.index === replay.shard);
    return found === undefined ? 0 : unsettledCount(found.cursor, replay);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
