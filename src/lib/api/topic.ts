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

/**
 * How a topic shall lie in Kafka; what is left out is as kbroker, or the cluster, has it. Other engines refuse each of these. The broker says
 * what is within its limits.
 */
const layoutWish = {
  partitions: z.number().optional(),
  replicationFactor: z.number().optional(),
  /** Kafka's settings of a topic, such as `{"min.insync.replicas": "2"}`. */
  configs: z.record(z.string(), z.string()).optional(),
};

/** How it lies in Kafka. */
const layoutReply = z.object({
  /** Kafka's name of it. */
  kafkaTopic: z.string(),
  /** Kafka had it before; its retention is Kafka's, and a deletion leaves it there. */
  imported: z.boolean(),
  /** Kafka keeps the last message of each key for good. */
  compacted: z.boolean(),
  partitions: count,
  /** Of the partition that has the fewest. */
  replicationFactor: count,
});

/** With all that can be seen of it. */
const layoutDetails = layoutReply.extend({
  /** Kafka's settings that the topic was given; those that kbroker gives every topic are left out. */
  configs: z.record(z.string(), z.string()),
  placement: z.array(
    z.object({
      partition: count,
      /** Ids of Kafka's brokers; `null`: no leader right now. */
      leader: count.nullable(),
      replicas: z.array(count),
      inSync: z.array(count),
    }),
  ),
});

/** `POST /admin/v1/topics`. With `schema` (the JSON text of a JSON Schema) topic and schema are created together, or neither. */
export const topicCreateBody = z.strictObject({
  name: z.string(),
  visibility: z.enum(["public", "private"]).default("private"),
  /** A duration such as `3d`; 7 days when left out. */
  ttl: topicTtl.optional(),
  schema: z.string().optional(),
  ...layoutWish,
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
  /** `null` on an engine without partitions. */
  layout: layoutReply.nullable(),
});

export const topicDescribeReply = topicReply.extend({ layout: layoutDetails.nullable() });

/** With what a strict reader would complain about in its schema. */
export const topicCreateReply = topicReply.extend({ warnings: schemaWarnings });

export const topicListReply = z.object({ items: z.array(topicReply) });

/** `PATCH /admin/v1/topics/<name>`. What is left out stays. With `dryRun` it only says what would change. */
export const topicUpdateBody = z.strictObject({
  ttl: topicTtl.optional(),
  visibility: z.enum(["public", "private"]).optional(),
  /** So many from then on; never fewer than there are. */
  partitions: layoutWish.partitions,
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
  /** It was let go of: Kafka's topic stays, and so do the messages in it. */
  imported: z.boolean(),
  messages: count,
  /** Messages that waited for their time; `null`: not known. */
  scheduled: count.nullable(),
  /** `null`: it had no schema. */
  schemaVersion: count.nullable(),
  subscriptions: z.array(subscriptionDeleteReply),
});

/** What `POST /admin/v1/topic-imports` would take. */
export const topicImportListReply = z.object({ items: z.array(z.object({ name: z.string(), partitions: count })) });

/** `POST /admin/v1/topic-imports`: the Kafka topic of that name becomes a topic, as `topicCreateBody` has it. */
export const topicImportBody = topicCreateBody.pick({ name: true, visibility: true, ttl: true, schema: true });

export type TopicImportListReply = z.output<typeof topicImportListReply>;
export type TopicDescribeReply = z.output<typeof topicDescribeReply>;
export type TopicDeleteReply = z.output<typeof topicDeleteReply>;
export type TopicUpdateReply = z.output<typeof topicUpdateReply>;
export type TopicCreateReply = z.output<typeof topicCreateReply>;
export type TopicReply = z.output<typeof topicReply>;
export type TopicListReply = z.output<typeof topicListReply>;
