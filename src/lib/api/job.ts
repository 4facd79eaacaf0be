import { z } from "zod";
import { JOB_RATE_PER_S_MAX, JOB_STATES } from "../domain/job.ts";
import { count, instant } from "./common.ts";

const state = z.enum(JOB_STATES);

const head = {
  /** The id, as `id`. */
  name: z.string(),
  id: z.string(),
  state,
  subscription: z.string(),
  createdAt: instant,
  endedAt: instant.nullable(),
  /** Why it failed, in words. */
  error: z.string().nullable(),
  /** At most so many messages a second. */
  rate: z.number().nullable(),
};

const moveJob = z.object({
  ...head,
  kind: z.enum(["rewind", "skip", "undo"]),
  /** The move in time. */
  from: instant,
  to: instant,
  /** The time asked for lies before the oldest message that is kept. */
  clamped: z.boolean(),
  /** Delivered again (rewind), never (skip), or after all (undo); `null` until the owner has moved. */
  messages: count.nullable(),
  /** Of the messages that a rewind brought back, those not settled yet; `null` when that is not known, or another move followed. */
  remaining: count.nullable(),
  /** The job that an undo takes back. */
  undoes: z.string().nullable(),
  /** Until then it can be undone; `null` when it cannot. */
  undoableUntil: instant.nullable(),
});

const redriveJob = z.object({
  ...head,
  kind: z.literal("redrive"),
  matched: count,
  redriven: count,
  /** At most so many were asked for. */
  countMax: count.nullable(),
  includeSetAside: z.boolean(),
});

export const jobReply = z.discriminatedUnion("kind", [moveJob, redriveJob]);

/** `GET /admin/v1/jobs?subscription=&state=`: newest first. */
export const jobQuery = z.strictObject({ subscription: z.string().optional(), state: state.optional() });

export const jobListReply = z.object({ items: z.array(jobReply) });

/** What every order of a job may say. */
export const jobOrder = {
  /** The job's id; ordering the same again is answered with the job that is there. Left out: one is made. */
  job: z.string().optional(),
  /** Says what would happen, and changes nothing. */
  dryRun: z.boolean().default(false),
};

export const jobRate = z.number().positive().max(JOB_RATE_PER_S_MAX);

export type JobReply = z.output<typeof jobReply>;
export type JobListReply = z.output<typeof jobListReply>;
