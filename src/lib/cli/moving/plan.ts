import type { AdminClient } from "../../client/admin.ts";
import type { Finding } from "../../config/problem.ts";
import { letterTimeDifference, subscriptionDifferences, topicDifferences } from "./differences.ts";
import { type BrokerState, subscriptionSetup, topicSetup } from "./read-broker.ts";
import type { Setup, SubscriptionSetup, TopicSetup } from "./setup.ts";

export type Action = "create" | "same" | "differs";

interface Item<K, T> {
  readonly kind: K;
  readonly setup: T;
  /** Where it stands in its list of the file. */
  readonly index: number;
  readonly action: Action;
  /** Empty unless it differs. */
  readonly differences: readonly Finding[];
}

export type TopicItem = Item<"topic", TopicSetup>;
export type SubscriptionItem = Item<"subscription", SubscriptionSetup>;

/** What an import does with each entry of the file, in the file's order. */
export interface Plan {
  readonly topics: readonly TopicItem[];
  readonly subscriptions: readonly SubscriptionItem[];
}

export interface PlanDeps {
  readonly admin: AdminClient;
  readonly state: BrokerState;
  /** The flags that lead to this broker. */
  readonly where: readonly string[];
}

export async function planOf(setup: Setup, deps: PlanDeps): Promise<Plan> {
  const topics: TopicItem[] = [];
  for (const [index, topic] of setup.topics.entries()) topics.push(await topicItem(topic, index, deps));
  return { topics, subscriptions: setup.subscriptions.map((one, index) => subscriptionItem(one, index, deps)) };
}

async function topicItem(setup: TopicSetup, index: number, { admin, state, where }: PlanDeps): Promise<TopicItem> {
  const there = state.topics.find(({ name }) => name === setup.name);
  if (there === undefined) return { kind: "topic", setup, index, action: "create", differences: [] };
  const broker = await topicSetup(admin, there);
  const differences = topicDifferences({ file: setup, broker, path: ["topics", index], where });
  return { kind: "topic", setup, index, action: actionOf(differences), differences };
}

function subscriptionItem(setup: SubscriptionSetup, index: number, { state, where }: PlanDeps): SubscriptionItem {
  const path = ["subscriptions", index];
  const there = state.subscriptions.find(({ name }) => name === setup.name);
  const letters = state.topics.find(({ name }) => name === setup.deadLetterTopic);
  const kept = { ...setup, deadLetterTtlMs: letters?.ttlMs ?? setup.deadLetterTtlMs };
  const differences = [
    ...(there === undefined
      ? []
      : subscriptionDifferences({ file: setup, broker: subscriptionSetup(there, state), path, where })),
    ...letterTimeDifference({ file: setup, broker: kept, path, where }),
  ];
  const action = there === undefined && differences.length === 0 ? "create" : actionOf(differences);
  return { kind: "subscription", setup, index, action, differences };
}

function actionOf(differences: readonly Finding[]): Action {
  return differences.length === 0 ? "same" : "differs";
}
