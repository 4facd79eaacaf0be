import { z } from "zod";
import { TOPIC_TTL_MS_MAX, TOPIC_TTL_MS_MIN } from "../domain/topic.ts";
import { change, count, duration, instant, switched } from "./common.ts";
import { schemaWarnings } from "./schema.ts";
import { subscriptionDeleteReply } from "./subscription.ts";

const topicTtl = duration("The time to live", {
  minMs: TOPIC_TTL_MS_MIN,
  maxMs: TOPIC_TTL_MS_MAX,
  range: "between 1h and 7d",
});

/** `POST /admin/v1/topics`. With `schema` (the JSON text of a JSON Schema) topic and schema are created together, or neither. */
export const topicCreateBody = z.strictObject({
  name: z.string(),
  visibility: z.enum(["public", "private"]).default("private"),
  /** A duration such as `3d`; 7 days when left out. */
  ttl: topicTtl.optional(),
  schema: z.string().optional(),
  /** Only says whether it could be made, and what it would be. */
  dryRun: z.boolean().default(false),
});

/** One topic as `list` and `describe` show it. */
export const topicReply = z.object({
  name: z.string(),
  id: z.string(),
  visibility: z.enum(["public", "private"]),
  purpose: z.enum(["messages", "dead-letter"]),
  ttlMs: count,
  /** The version of its schema; `null` when it has none. */
  schemaVersion: count.nullable(),
  /** Names of its subscriptions, ascending. */
  subscriptions: z.array(z.string()),
  /** Messages kept now, expired ones not counted. */
  messages: count,
  createdAt: instant,
});

/** With what a strict reader would complain about in its schema. */
export const topicCreateReply = topicReply.extend({ warnings: schemaWarnings });

export const topicListReply = z.object({ items: z.array(topicReply) });

/** `PATCH /admin/v1/topics/<name>`. What is left out stays. With `dryRun` it only says what would change. */
export const topicUpdateBody = z.strictObject({
  ttl: topicTtl.optional(),
  visibility: z.enum(["public", "private"]).optional(),
  dryRun: z.boolean().default(false),
});

export const topicUpdateReply = topicReply.extend({
  /** Empty: it was like that already. */
  changes: z.array(change),
  /** Messages that are gone by a shorter time to live. */
  expires: count,
});

/** `DELETE /admin/v1/topics/<name>`. With `dryRun` it only says what would go; without `cascade` a topic with subscriptions is 409. */
export const topicDeleteQuery = z.strictObject({ cascade: switched, purgeErrors: switched, dryRun: switched });

/** What went, as it was right before. */
export const topicDeleteReply = z.object({
  name: z.string(),
  id: z.string(),
  messages: count,
  /** Messages that waited for their time; `null`: not known. */
  scheduled: count.nullable(),
  /** `null`: it had no schema. */
  schemaVersion: count.nullable(),
  subscriptions: z.array(subscriptionDeleteReply),
});

export type TopicDeleteReply = z.output<typeof topicDeleteReply>;
export type TopicUpdateReply = z.output<typeof topicUpdateReply>;
export type TopicCreateReply = z.output<typeof topicCreateReply>;
export type TopicReply = z.output<typeof topicReply>;
export type TopicListReply = z.output<typeof topicListReply>;
