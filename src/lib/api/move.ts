import { z } from "zod";
import { JOB_STATES } from "../domain/job.ts";
import { count, instant } from "./common.ts";
import { jobOrder, jobRate } from "./job.ts";

/** `POST /admin/v1/subscriptions/{name}/rewind`: one of `hours` and `to`. */
export const rewindBody = z.strictObject({
  ...jobOrder,
  /** More than 0, at most what the topic keeps. */
  hours: z.number().optional(),
  /** An RFC 3339 time, or how long ago (`90m`). */
  to: z.string().optional(),
  /** Replays are pushed at most so many a second. */
  rate: jobRate.optional(),
});

/** `POST /admin/v1/subscriptions/{name}/skip`: `now`, an RFC 3339 time, or how long ago. */
export const skipBody = z.strictObject({ ...jobOrder, to: z.string() });

/** `POST /admin/v1/subscriptions/{name}/undo`: of the last move, which must be such a one. */
export const undoBody = z.strictObject({ ...jobOrder, of: z.enum(["rewind", "skip"]) });

export const moveReply = z.object({
  /** The job's id; `null` for a dry run. */
  job: z.string().nullable(),
  kind: z.enum(["rewind", "skip", "undo"]),
  /** `running` when the owner has not moved yet. */
  state: z.enum(JOB_STATES),
  from: instant,
  to: instant,
  /** Delivered again (rewind), never (skip), or after all or not after all (undo); `null` until the owner has moved. */
  messages: count.nullable(),
  /** The time asked for lies before the oldest message that is kept. */
  clamped: z.boolean(),
  /** The job that an undo takes back. */
  undoes: z.string().nullable(),
  /** The offset of the time in each shard. */
  shards: z.array(z.object({ shard: count, offset: count })),
});

export type MoveReply = z.output<typeof moveReply>;
