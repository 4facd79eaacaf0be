import { z } from "zod";
import { count, instant } from "./common.ts";

/** `GET /admin/v1/subscriptions/{name}/dead-letters?limit=&after=&payload=`: oldest first. */
export const deadLetterQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** Position of the last entry of the page before. */
  after: z.string().optional(),
  /** `true`: with the payload of each. */
  payload: z.enum(["true", "false"]).default("false"),
});

export const deadLetter = z.object({
  /** The message's id, as `id`. */
  name: z.string(),
  id: z.string(),
  /** `<shard>:<offset>` in the dead letter topic. */
  position: z.string(),
  key: z.string().nullable(),
  attributes: z.record(z.string(), z.string()),
  /** What happened at the last attempt, in words, and its class: `answered`, `unavailable`, `connection`, `expired`. */
  reason: z.string(),
  class: z.string(),
  status: z.number().int().nullable(),
  attempts: count,
  sourceTopic: z.string(),
  source: z.object({ shard: count, offset: count }),
  publishTime: instant,
  firstFailureAt: instant,
  failedAt: instant,
  redriveCount: count,
  payloadBytes: count,
  /** The stored bytes as text when they are UTF-8, and only where asked for. */
  payload: z.string().optional(),
  payloadBase64: z.string().optional(),
});

export const deadLetterListReply = z.object({
  items: z.array(deadLetter),
  /** How many there are in all, not yet redriven. */
  total: count,
  /** Give it as `after` to read on; `null` at the end. */
  next: z.string().nullable(),
});

export type DeadLetter = z.output<typeof deadLetter>;
export type DeadLetterListReply = z.output<typeof deadLetterListReply>;
