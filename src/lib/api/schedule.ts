import { z } from "zod";
import { count, instant, switched } from "./common.ts";

/** `POST /scheduled/{topic}` with `X-KB-ScheduledMinutes`: a publish that waits. 202 means on disk. */
export const scheduleReply = z.object({
  id: z.string(),
  topic: z.string(),
  /** When it will be published; of a repeat: what the first was told. */
  scheduledFor: instant,
});

/** `GET /admin/v1/topics/{name}/scheduled?limit=&after=`: the earliest first. */
export const scheduledQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** The `next` of the page before. */
  after: z.string().optional(),
});

export const scheduledItem = z.object({
  /** The message's id, as `id`. */
  name: z.string(),
  id: z.string(),
  topic: z.string(),
  scheduledFor: instant,
  scheduledAt: instant,
  key: z.string().nullable(),
  attributes: z.record(z.string(), z.string()),
  payloadBytes: count,
});

export const scheduledListReply = z.object({
  items: z.array(scheduledItem),
  /** How many wait in all; `null`: not known. */
  total: count.nullable(),
  /** Give it as `after` to read on; `null` at the end. */
  next: z.string().nullable(),
});

/** `DELETE /admin/v1/topics/{name}/scheduled?id=&dryRun=`: takes the message back; with `dryRun` it only says which. */
export const scheduledCancelQuery = z.strictObject({ id: z.string(), dryRun: switched });

export type ScheduleReply = z.output<typeof scheduleReply>;
export type ScheduledItem = z.output<typeof scheduledItem>;
export type ScheduledListReply = z.output<typeof scheduledListReply>;
