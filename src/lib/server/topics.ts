import type { TopicReply } from "../api/topic.ts";
import type { TopicView } from "../broker/requests/topics.ts";
import { schemaWarnings } from "../domain/schema-warnings.ts";
import { instant, type Some } from "./handler.ts";

export const topicHandlers: Some<"topicCreate" | "topicList" | "topicDescribe" | "topicUpdate" | "topicDelete"> = {
  topicCreate: async ({ broker, body: { name, visibility, ttl, schema, dryRun } }) => {
    const optional = { ...(ttl !== undefined && { ttlMs: ttl }), ...(schema !== undefined && { schema }) };
    const created = topicReply(await broker.createTopic({ name, visibility, ...optional, dryRun }));
    return { ...created, warnings: schema === undefined ? [] : [...schemaWarnings(schema)] };
  },
  topicList: async ({ broker }) => ({ items: (await broker.listTopics()).map(topicReply) }),
  topicDescribe: async ({ broker, name }) => topicReply(await broker.describeTopic(name)),
  topicUpdate: async ({ broker, name, body: { ttl, visibility, dryRun } }) => {
    const given = { ...(ttl !== undefined && { ttlMs: ttl }), ...(visibility !== undefined && { visibility }) };
    const { changes, expires, ...view } = await broker.updateTopic(name, { ...given, dryRun });
    return { ...topicReply(view), changes: [...changes], expires };
  },
  topicDelete: async ({ broker, name, query }) => {
    const { subscriptions, ...deleted } = await broker.deleteTopic(name, query);
    return { ...deleted, subscriptions: [...subscriptions] };
  },
};

function topicReply({ topic, schemaVersion, subscriptions, messages }: TopicView): TopicReply {
  const { name, id, visibility, purpose, ttlMs, createdAtMs } = topic;
  const createdAt = instant(createdAtMs);
  return {
    name,
    id,
    visibility,
    purpose,
    ttlMs,
    schemaVersion,
    subscriptions: [...subscriptions],
    messages,
    createdAt,
  };
}
