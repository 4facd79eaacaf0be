import type { SubscriptionReply } from "../../api/subscription.ts";
import type { TopicReply } from "../../api/topic.ts";
import type { AdminClient } from "../../client/admin.ts";
import type { SubscriptionSetup, TopicSetup } from "./setup.ts";

/** What a broker has: of its topics also those of dead letters, which a subscription brings along. */
export interface BrokerState {
  readonly topics: readonly TopicReply[];
  readonly subscriptions: readonly SubscriptionReply[];
}

export async function readState(admin: AdminClient): Promise<BrokerState> {
  const subscriptions = (await admin.call("subscriptionList")).items;
  const topics = (await admin.call("topicList")).items;
  const names = new Set(topics.map(({ name }) => name));
  // One whose topic went between the two went with it.
  return { topics, subscriptions: subscriptions.filter(({ topic }) => names.has(topic)) };
}

export async function topicSetup(admin: AdminClient, topic: TopicReply): Promise<TopicSetup> {
  const { name, visibility, ttlMs, schemaVersion } = topic;
  const schema = schemaVersion === null ? undefined : (await admin.call("schemaDescribe", { name })).definition;
  return { name, visibility, ttlMs, schema };
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
