import type { EndpointCheckReply, SubscriptionReply } from "../api/subscription.ts";
import type { CreateSubscription, SubscriptionView, UpdateSubscription } from "../broker/requests/subscriptions.ts";
import type { Outcome } from "../domain/delivery.ts";
import type { RetryPolicy } from "../domain/retry.ts";
import { endpointReply } from "./endpoint-reply.ts";
import { type Call, instant, type Some } from "./handler.ts";

export const subscriptionHandlers: Some<
  | "subscriptionCreate"
  | "subscriptionList"
  | "subscriptionDescribe"
  | "subscriptionUpdate"
  | "subscriptionDelete"
  | "subscriptionPause"
  | "subscriptionResume"
  | "endpointCheck"
> = {
  subscriptionCreate: async ({ broker, body }) => subscriptionReply(await broker.createSubscription(creation(body))),
  subscriptionList: async ({ broker }) => ({ items: (await broker.listSubscriptions()).map(subscriptionReply) }),
  subscriptionDescribe: async ({ broker, name }) => subscriptionReply(await broker.describeSubscription(name)),
  subscriptionUpdate: async ({ broker, name, body }) => {
    const { changes, ...view } = await broker.updateSubscription(name, changed(body));
    return { ...subscriptionReply(view), changes: [...changes] };
  },
  subscriptionDelete: ({ broker, name, query }) => broker.deleteSubscription(name, query),
  subscriptionPause: async ({ broker, name }) => subscriptionReply(await broker.pauseSubscription(name)),
  subscriptionResume: async ({ broker, name }) => subscriptionReply(await broker.resumeSubscription(name)),
  endpointCheck: async ({ broker, body }) => endpointCheckReply(await broker.checkEndpoint(body.endpoint)),
};

function creation(body: Call<"subscriptionCreate">["body"]): CreateSubscription {
  const { name, topic, endpoint, from, retryDelays, timeout, maxInFlight, deadLetterTopic, ...rest } = body;
  const { errors, deadLetterTtl, state, dryRun } = rest;
  return {
    name,
    topic,
    endpoint,
    ...(from !== undefined && { from }),
    ...(retryDelays !== undefined && { retryDelaysMs: retryDelays }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(maxInFlight !== undefined && { maxInFlight }),
    ...verdicts(rest),
    ...(deadLetterTopic !== undefined && { deadLetterTopic }),
    ...(errors !== undefined && { errors }),
    ...(deadLetterTtl !== undefined && { deadLetterTtlMs: deadLetterTtl }),
    ...(state !== undefined && { state }),
    dryRun,
  };
}

function changed({
  endpoint,
  retryDelays,
  timeout,
  maxInFlight,
  ...rest
}: Call<"subscriptionUpdate">["body"]): UpdateSubscription {
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(retryDelays !== undefined && { retryDelaysMs: retryDelays }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(maxInFlight !== undefined && { maxInFlight }),
    ...verdicts(rest),
  };
}

/** How final an answer is. */
function verdicts({ permanentStatuses, onRejecting }: Call<"subscriptionUpdate">["body"]) {
  return {
    ...(permanentStatuses !== undefined && { permanentStatuses }),
    ...(onRejecting !== undefined && { onRejecting }),
  };
}

function subscriptionReply(view: SubscriptionView): SubscriptionReply {
  const { subscription, health, healthReason, endpoint: status, lag, parked, deadLetters, setAside } = view;
  const { name, id, topic, endpoint, state, timeoutMs, maxInFlight, deadLetterTopic } = subscription;
  const { permanentStatuses = [], onRejecting = "hold", pausedBecause = null } = subscription;
  const retry = retryReply(subscription.retry);
  const createdAt = instant(subscription.createdAtMs);
  return {
    ...{ name, id, topic, endpoint, state, health, healthReason, retry, timeoutMs, maxInFlight, deadLetterTopic },
    ...{ ...endpointReply(status), permanentStatuses: [...permanentStatuses], onRejecting, pausedBecause },
    ...{ lag, parked, deadLetters, setAside, createdAt },
  };
}

function retryReply(policy: RetryPolicy): SubscriptionReply["retry"] {
  return policy.kind === "list" ? { kind: "list", delaysMs: [...policy.delaysMs] } : { ...policy };
}

function endpointCheckReply(outcome: Outcome): EndpointCheckReply {
  const { tookMs } = outcome;
  if (outcome.kind !== "answered") return { reachable: false, status: null, message: outcome.reason, tookMs };
  return { reachable: true, status: outcome.status, message: `It answered ${outcome.status}.`, tookMs };
}
