import { z } from "zod";
import { ERROR_CLASSES } from "../domain/dead-letter.ts";
import { count } from "./common.ts";
import { jobOrder, jobRate } from "./job.ts";

/** All that are given must hold. */
export const deadLetterFilter = {
  /** Part of the reason, whatever its case. */
  reason: z.string().min(1).optional(),
  class: z.enum(ERROR_CLASSES).optional(),
  status: z.coerce.number().int().min(100).max(599).optional(),
  /** The message's `event-type`. */
  type: z.string().min(1).optional(),
  /** Given up at or after this time, or since so long ago (`2h`). */
  since: z.string().min(1).optional(),
};

/** `POST /admin/v1/subscriptions/{name}/redrive`. */
export const redriveBody = z.strictObject({
  filter: z.strictObject(deadLetterFilter).default({}),
  /** Left out: all that are there now. */
  maxMessages: z.number().int().min(1).optional(),
  rate: jobRate.optional(),
  /** Those that were redriven too often, too. */
  includeSetAside: z.boolean().default(false),
  ...jobOrder,
});

const reasons = z.array(
  z.object({ reason: z.string(), class: z.string(), status: z.number().int().nullable(), count }),
);

export const redriveReply = z.object({
  /** `null`: a dry run. */
  job: z.string().nullable(),
  /** How many there are that the filter means. */
  matched: count,
  /** Once the job has ended: how many of them are delivered once more. */
  redriven: count,
  state: z.enum(["dry-run", "running", "done", "cancelled", "failed"]),
  /** How many of those that the filter means were redriven too often; they are left alone unless they are asked for. */
  setAside: count,
  /** Why they died, the most frequent first. */
  reasons,
});

/** `POST /admin/v1/subscriptions/{name}/dead-letters/purge`. */
export const purgeBody = z.strictObject({
  filter: z.strictObject(deadLetterFilter).default({}),
  dryRun: z.boolean().default(false),
});

export const purgeReply = z.object({
  subscription: z.string(),
  matched: count,
  /** Of these, those that were redriven too often. */
  setAside: count,
  /** 0 in a dry run. */
  purged: count,
  reasons,
});

export type RedriveReply = z.output<typeof redriveReply>;
export type PurgeReply = z.output<typeof purgeReply>;
