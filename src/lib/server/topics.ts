import type { ParsedBody } from "../api/routes.ts";
import type { TopicCreateReply, TopicReply } from "../api/topic.ts";
import type { ImportTopic, TopicView } from "../broker/requests/topics.ts";
import { type Layout, replicationFactorOf } from "../domain/layout.ts";
import { schemaWarnings } from "../domain/schema-warnings.ts";
import { instant, type Some } from "./handler.ts";

type TopicRoute =
  | "topicCreate"
  | "topicList"
  | "topicDescribe"
  | "topicUpdate"
  | "topicDelete"
  | "topicImport"
  | "topicImportList";

export const topicHandlers: Some<TopicRoute> = {
  topicCreate: async ({ broker, body: { partitions, replicationFactor, configs, dryRun, ...body } }) => {
    const layout = {
      ...(partitions !== undefined && { partitions }),
      ...(replicationFactor !== undefined && { replicationFactor }),
      ...(configs !== undefined && { configs }),
    };
    return madeReply(await broker.createTopic({ ...asked(body), ...layout, dryRun }), body.schema);
  },
  topicImportList: async ({ broker }) => ({ items: [...(await broker.importableTopics())] }),
  topicImport: async ({ broker, body }) => madeReply(await broker.importTopic(asked(body)), body.schema),
  topicList: async ({ broker }) => ({ items: (await broker.listTopics()).map(topicReply) }),
  topicDescribe: async ({ broker, name }) => {
    const { configs, ...view } = await broker.describeTopic(name);
    const { layout, ...reply } = topicReply(view);
    if (layout === null || view.layout === null) return { ...reply, layout: null };
    const placement = view.layout.partitions.map(({ leader, replicas, inSync }, partition) => ({
      ...{ partition, leader, replicas: [...replicas], inSync: [...inSync] },
    }));
    return { ...reply, layout: { ...layout, configs: { ...configs }, placement } };
  },
  topicUpdate: async ({ broker, name, body: { ttl, visibility, partitions, dryRun } }) => {
    const given = {
      ...(ttl !== undefined && { ttlMs: ttl }),
      ...(visibility !== undefined && { visibility }),
      ...(partitions !== undefined && { partitions }),
    };
    const { changes, expires, ...view } = await broker.updateTopic(name, { ...given, dryRun });
    return { ...topicReply(view), changes: [...changes], expires };
  },
  topicDelete: async ({ broker, name, query }) => {
    const { subscriptions, ...deleted } = await broker.deleteTopic(name, query);
    return { ...deleted, subscriptions: [...subscriptions] };
  },
};

function asked({ name, visibility, ttl, schema }: ParsedBody<"topicImport">): ImportTopic {
  return { name, visibility, ...(ttl !== undefined && { ttlMs: ttl }), ...(schema !== undefined && { schema }) };
}

function madeReply(view: TopicView, schema: string | undefined): TopicCreateReply {
  return { ...topicReply(view), warnings: schema === undefined ? [] : [...schemaWarnings(schema)] };
}

function topicReply({ topic, schemaVersion, subscriptions, messages, layout }: TopicView): TopicReply {
  const { name, id, visibility, purpose, ttlMs, createdAtMs, imported } = topic;
  return {
    ...{ name, id, visibility, purpose, ttlMs, schemaVersion },
    ...{ subscriptions: [...subscriptions], messages, createdAt: instant(createdAtMs) },
    layout: layout === null ? null : layoutReply(layout, imported?.isCompacted === true),
  };
}

function layoutReply(layout: Layout, compacted: boolean): NonNullable<TopicReply["layout"]> {
  const { name: kafkaTopic, isAdopted: imported, partitions } = layout;
  const replicationFactor = replicationFactorOf(layout);
  return { kafkaTopic, imported, compacted, partitions: partitions.length, replicationFactor };
}
