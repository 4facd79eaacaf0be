import type { AdminClient } from "../../client/admin.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Plan, SubscriptionItem, TopicItem } from "./plan.ts";
import { type From, subscriptionBody, topicBody } from "./requests.ts";
import { madeInOrder } from "./rules.ts";

export interface ApplyDeps {
  readonly admin: AdminClient;
  readonly from: From;
  readonly tell: (text: string) => void;
}

/** What has to be made: topics first, and a subscription that reads dead letters after the one that brings them. */
export function creationsOf({ topics, subscriptions }: Plan): readonly (TopicItem | SubscriptionItem)[] {
  const create = subscriptions.filter(({ action }) => action === "create");
  const there = new Set([
    ...topics.map(({ setup }) => setup.name),
    ...subscriptions.filter(({ action }) => action === "same").map(({ setup }) => setup.deadLetterTopic),
    // Those of the broker alone: whatever no creation brings.
    ...create
      .map(({ setup }) => setup.topic)
      .filter((topic) => !create.some((one) => one.setup.deadLetterTopic === topic)),
  ]);
  const { order } = madeInOrder(
    create.map(({ setup }) => setup),
    there,
  );
  const ordered = order.flatMap((setup) => create.filter((item) => item.setup === setup));
  return [...topics.filter(({ action }) => action === "create"), ...ordered];
}

/** Makes one after the other. What was made stays where a later one fails: the same command again does the rest. */
export async function applyPlan(plan: Plan, deps: ApplyDeps): Promise<void> {
  const creations = creationsOf(plan);
  for (const [done, item] of creations.entries()) {
    deps.tell(`Importing: ${done} of ${creations.length}`);
    try {
      await create(item, deps);
    } catch (error) {
      throw error instanceof KBrokerError ? halfWay(error, item, done) : error;
    }
  }
}

async function create(item: TopicItem | SubscriptionItem, { admin, from }: ApplyDeps): Promise<void> {
  if (item.kind === "topic") await admin.call("topicCreate", { body: topicBody(item.setup) });
  else await admin.call("subscriptionCreate", { body: subscriptionBody(item.setup, from) });
}

function halfWay(error: KBrokerError, { kind, setup }: TopicItem | SubscriptionItem, done: number): KBrokerError {
  const { code, message, hint, problems, requestId, cause } = error;
  const rest = `${done} of the creations before it ${done === 1 ? "is" : "are"} done; the same command does the rest.`;
  return new KBrokerError(code, `The ${kind} ${setup.name} could not be created: ${message} ${rest}`, {
    ...{ hint, problems, requestId, cause },
  });
}
