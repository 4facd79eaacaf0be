import { z } from "zod";
import { count, instant } from "./common.ts";
import { deadLetterFilter } from "./redrive.ts";

/** `GET /admin/v1/subscriptions/{name}/dead-letters?limit=&after=&payload=&all=` and the filter: oldest first. */
export const deadLetterQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** Position of the last entry of the page before. */
  after: z.string().optional(),
  /** `true`: with the payload of each. */
  payload: z.enum(["true", "false"]).default("false"),
  /** `true`: what was redriven or purged and is still stored, too. */
  all: z.enum(["true", "false"]).default("false"),
  ...deadLetterFilter,
});

export const deadLetter = z.object({
  /** The message's id, as `id`. */
  name: z.string(),
  id: z.string(),
  /** `<shard>:<offset>` in the dead letter topic. */
  position: z.string(),
  key: z.string().nullable(),
  /** A key that is not printable, of a record that a client of the storage wrote. */
  keyBase64: z.string().optional(),
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
  /** `set-aside`: redriven too often. `settled`: redriven or purged. */
  state: z.enum(["dead", "set-aside", "settled"]).default("dead"),
  payloadBytes: count,
  /** The stored bytes as text when they are UTF-8, and only where asked for. */
  payload: z.string().optional(),
  payloadBase64: z.string().optional(),
});

export const deadLetterListReply = z.object({
  items: z.array(deadLetter),
  /** How many there are, whatever the filter: not yet redriven, and with `all` every one; `null` when that is not known yet. */
  total: count.nullable(),
  /** Of these, redriven too often; `null` when that is not known. */
  setAside: count.nullable().default(null),
  /** Give it as `after` to read on; `null` at the end. */
  next: z.string().nullable(),
});

export type DeadLetter = z.output<typeof deadLetter>;
export type DeadLetterListReply = z.output<typeof deadLetterListReply>;
