import type { RouteBody } from "../../api/routes.ts";
import { durationText } from "../../domain/duration.ts";
import type { SubscriptionSetup, TopicSetup } from "./setup.ts";

/** Where subscriptions that are made begin. */
export type From = "latest" | "beginning";

export function topicBody(topic: TopicSetup): RouteBody<"topicCreate"> {
  const { name, visibility, ttlMs, schema, partitions, configs } = topic;
  return {
    ...{ name, visibility, ttl: durationText(ttlMs) },
    ...(schema !== undefined && { schema }),
    ...(partitions !== undefined && { partitions }),
    ...(configs !== undefined && { configs: { ...configs } }),
  };
}

export function subscriptionBody(subscription: SubscriptionSetup, from: From): RouteBody<"subscriptionCreate"> {
  const { name, topic, endpoint, state, retryDelaysMs, timeoutMs, maxInFlight } = subscription;
  const { permanentStatuses, onRejecting, deadLetterTopic, deadLetterTtlMs } = subscription;
  return {
    ...{ name, topic, endpoint, state, from, maxInFlight, onRejecting, deadLetterTopic },
    permanentStatuses: [...permanentStatuses],
    timeout: durationText(timeoutMs),
    ...(deadLetterTtlMs !== undefined && { deadLetterTtl: durationText(deadLetterTtlMs) }),
    ...(retryDelaysMs !== undefined && { retryDelays: retryDelaysMs.map(durationText) }),
  };
}
