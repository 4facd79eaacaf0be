import type { z } from "zod";
import { durationText } from "../../domain/duration.ts";
import { SETUP_VERSION, type Setup, type SubscriptionSetup, type TopicSetup } from "./setup.ts";
import type { setupFile } from "./shape.ts";

export type SetupDocument = z.output<typeof setupFile>;

/** As it stands in the file: every setting, also where it is the default, in one order, so that the same state is the same text. */
export function documentOf({ topics, subscriptions }: Setup): SetupDocument {
  return {
    version: SETUP_VERSION,
    topics: topics.toSorted(byName).map(topicDocument),
    subscriptions: subscriptions.toSorted(byName).map(subscriptionDocument),
  };
}

function topicDocument(topic: TopicSetup): SetupDocument["topics"][number] {
  const { name, visibility, ttlMs, schema, partitions, configs } = topic;
  return {
    ...{ name, visibility, ttl: durationText(ttlMs) },
    ...(partitions !== undefined && { partitions }),
    ...(configs !== undefined && { configs: inOrder(configs) }),
    ...(schema !== undefined && { schema }),
  };
}

export function inOrder(configs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(configs).sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}

function subscriptionDocument(subscription: SubscriptionSetup): SetupDocument["subscriptions"][number] {
  const { name, topic, endpoint, state, retryDelaysMs, timeoutMs, maxInFlight } = subscription;
  const { permanentStatuses, onRejecting, deadLetterTopic, deadLetterTtlMs } = subscription;
  return {
    ...{ name, topic, endpoint, state },
    retryDelays: retryDelaysMs === undefined ? "default" : retryDelaysMs.map(durationText),
    timeout: durationText(timeoutMs),
    maxInFlight,
    permanentStatuses: [...new Set(permanentStatuses)].sort((a, b) => a - b),
    onRejecting,
    deadLetterTopic,
    ...(deadLetterTtlMs !== undefined && { deadLetterTtl: durationText(deadLetterTtlMs) }),
  };
}

/** By code unit, not by locale: the same on every machine. */
function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
