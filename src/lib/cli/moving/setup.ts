import type { OnRejecting, SubscriptionState } from "../../domain/subscription.ts";
import type { Visibility } from "../../domain/topic.ts";

/** Of the file. A file of another version is refused, so that nothing of it is misread. */
export const SETUP_VERSION = 1;

/** What of a broker another one can have as well: how it is set up, and nothing that it holds. */
export interface Setup {
  readonly topics: readonly TopicSetup[];
  readonly subscriptions: readonly SubscriptionSetup[];
}

export interface TopicSetup {
  readonly name: string;
  readonly visibility: Visibility;
  readonly ttlMs: number;
  /** The text of the newest version; `undefined`: none. */
  readonly schema: string | undefined;
  /** On Kafka; `undefined`: as many as the broker gives it. */
  readonly partitions: number | undefined;
  /** Settings of Kafka's own, by name; `undefined`: none that were given. */
  readonly configs: Readonly<Record<string, string>> | undefined;
}

export interface SubscriptionSetup {
  readonly name: string;
  readonly topic: string;
  readonly endpoint: string;
  readonly state: SubscriptionState;
  /** `undefined`: the default policy. */
  readonly retryDelaysMs: readonly number[] | undefined;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly permanentStatuses: readonly number[];
  readonly onRejecting: OnRejecting;
  readonly deadLetterTopic: string;
  /** How long that topic keeps dead letters; the same for all that share it. `undefined`: as long as it does, 7 days where it is made. */
  readonly deadLetterTtlMs: number | undefined;
}
