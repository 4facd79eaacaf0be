import type { SubscriptionReply } from "../../api/subscription.ts";
import type { TopicReply } from "../../api/topic.ts";
import type { AdminClient } from "../../client/admin.ts";
import type { SubscriptionSetup, TopicSetup } from "./setup.ts";

/** What a broker has: of its topics also those of dead letters, which a subscription brings along. */
export interface BrokerState {
  /** Whether its topics have partitions, and settings of Kafka's. */
  readonly isOnKafka: boolean;
  readonly topics: readonly TopicReply[];
  readonly subscriptions: readonly SubscriptionReply[];
}

export async function readState(admin: AdminClient): Promise<BrokerState> {
  const subscriptions = (await admin.call("subscriptionList")).items;
  const topics = (await admin.call("topicList")).items;
  const names = new Set(topics.map(({ name }) => name));
  const { engine } = await admin.call("brokerStatus");
  return {
    isOnKafka: engine === "kafka",
    topics,
    // One whose topic went between the two calls went with it.
    subscriptions: subscriptions.filter(({ topic }) => names.has(topic)),
  };
}

export async function topicSetup(admin: AdminClient, topic: TopicReply): Promise<TopicSetup> {
  const { name, visibility, ttlMs, schemaVersion } = topic;
  const schema = schemaVersion === null ? undefined : (await admin.call("schemaDescribe", { name })).definition;
  return { name, visibility, ttlMs, schema, ...(await layoutSetup(admin, topic)) };
}

/**
 * How many replicas there are is the cluster's: what one of three nodes has would be too few on one, and the other way round. A topic that
 * Kafka had before keeps its settings to itself.
 */
async function layoutSetup(admin: AdminClient, { name, layout }: TopicReply) {
  if (layout === null) return { partitions: undefined, configs: undefined };
  const details = layout.imported ? undefined : (await admin.call("topicDescribe", { name })).layout;
  const configs = details?.configs ?? {};
  return { partitions: layout.partitions, configs: Object.keys(configs).length === 0 ? undefined : configs };
}

export function subscriptionSetup(subscription: SubscriptionReply, { topics }: BrokerState): SubscriptionSetup {
  const { name, topic, endpoint, state, retry, timeoutMs, maxInFlight } = subscription;
  const { permanentStatuses, onRejecting, deadLetterTopic } = subscription;
  const letters = topics.find((one) => one.name === deadLetterTopic);
  return {
    ...{ name, topic, endpoint, state, timeoutMs, maxInFlight, permanentStatuses, onRejecting, deadLetterTopic },
    retryDelaysMs: retry.kind === "list" ? retry.delaysMs : undefined,
    deadLetterTtlMs: letters?.ttlMs,
  };
}
