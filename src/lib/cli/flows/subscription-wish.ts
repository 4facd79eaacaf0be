import type { SubscriptionCreateBody } from "../../api/subscription.ts";
import type { OnRejecting } from "../../domain/subscription.ts";
import { splitList, statuses } from "./answers.ts";

/** How a subscription is pushed to, as text of the command line: what a creation sets and an update changes. */
export interface PushOptions {
  readonly retryDelays?: string | undefined;
  readonly timeout?: string | undefined;
  readonly maxInFlight?: number | undefined;
  readonly permanentStatus?: string | undefined;
  readonly onRejecting?: OnRejecting | undefined;
}

/** What may be left out; left out means the broker's default. */
export interface SubscriptionOptions extends PushOptions {
  readonly from?: string | undefined;
  readonly deadLetterTopic?: string | undefined;
  /** What becomes of dead letters that are there already. */
  readonly errors?: "keep" | "purge" | undefined;
}

export interface SubscriptionWish extends SubscriptionOptions {
  readonly name: string;
  readonly topic: string;
  readonly endpoint: string;
}

/** The wish as the broker reads it; what is left out stays out, so that the broker's defaults hold. */
export function subscriptionBody({ name, topic, endpoint, ...options }: SubscriptionWish): SubscriptionCreateBody {
  const { from, retryDelays, deadLetterTopic, errors } = options;
  return {
    name,
    topic,
    endpoint,
    ...(from === undefined ? {} : { from }),
    ...(retryDelays === undefined ? {} : { retryDelays: splitList(retryDelays) }),
    ...pushBody(options),
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** The command line that creates the same subscription. */
export function subscriptionLine({ name, topic, endpoint, ...options }: SubscriptionWish): string[] {
  const { from, deadLetterTopic, errors } = options;
  return [
    ...["kbroker", "subscription", "create", name, "--topic", topic, "--endpoint", endpoint],
    ...(from === undefined ? [] : ["--from", from]),
    ...pushWords(options),
    ...(deadLetterTopic === undefined ? [] : ["--dead-letter-topic", deadLetterTopic]),
    ...(errors === undefined ? [] : [`--${errors}-errors`]),
  ];
}

/** As the broker reads them, but for the retry delays: only an update can go back to the default ones. */
export function pushBody({ timeout, maxInFlight, permanentStatus, onRejecting }: PushOptions) {
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(permanentStatus === undefined ? {} : { permanentStatuses: statuses(permanentStatus) }),
    ...(onRejecting === undefined ? {} : { onRejecting }),
  };
}

export function pushWords(options: PushOptions): string[] {
  const { retryDelays, timeout, maxInFlight, permanentStatus, onRejecting } = options;
  return [
    ...(retryDelays === undefined ? [] : ["--retry-delays", retryDelays]),
    ...(timeout === undefined ? [] : ["--timeout", timeout]),
    ...(maxInFlight === undefined ? [] : ["--max-in-flight", String(maxInFlight)]),
    ...(permanentStatus === undefined ? [] : ["--permanent-status", permanentStatus]),
    ...(onRejecting === undefined ? [] : ["--on-rejecting", onRejecting]),
  ];
}
