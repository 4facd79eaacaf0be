import type { Health, OnRejecting, Subscription, SubscriptionState } from "../../domain/subscription.ts";
import type { EndpointStatus } from "../delivery/delivery.ts";

export interface CreateSubscription {
  readonly name: string;
  readonly topic: string;
  readonly endpoint: string;
  /** `latest`, `beginning`, an RFC 3339 time, or a duration back from now. */
  readonly from?: string;
  readonly retryDelaysMs?: readonly number[];
  readonly timeoutMs?: number;
  readonly maxInFlight?: number;
  /** Empty: none. */
  readonly permanentStatuses?: readonly number[];
  readonly onRejecting?: OnRejecting;
  /** `<name>_errors` when left out. */
  readonly deadLetterTopic?: string;
  /** What becomes of dead letters that a deleted subscription left there: taken over, or removed. */
  readonly errors?: "keep" | "purge";
  /** Of a dead letter topic that is made with it. */
  readonly deadLetterTtlMs?: number;
  /** `active` when left out. */
  readonly state?: SubscriptionState;
  /** Only says whether it could be made; a topic that is not there yet counts as made before. */
  readonly dryRun?: boolean;
}

export interface SubscriptionView {
  readonly subscription: Subscription;
  readonly health: Health;
  readonly healthReason: string | null;
  readonly endpoint: EndpointStatus | null;
  readonly lag: number | null;
  readonly parked: number | null;
  readonly deadLetters: number | null;
  readonly setAside: number | null;
}

/** A setting as a request names it, and its values in the words of a request. */
export interface Change {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

/** What is left out stays. */
export interface UpdateSubscription {
  readonly endpoint?: string;
  /** `null`: the default policy. */
  readonly retryDelaysMs?: readonly number[] | null;
  readonly timeoutMs?: number;
  readonly maxInFlight?: number;
  /** Empty: none. */
  readonly permanentStatuses?: readonly number[];
  readonly onRejecting?: OnRejecting;
}

export interface UpdatedSubscription extends SubscriptionView {
  readonly changes: readonly Change[];
}

export interface DeleteSubscription {
  /** The dead letter topic goes, too. Fails with `topic_in_use` where others use it. */
  readonly purgeErrors: boolean;
  /** Only says what would go; what is not possible is refused all the same. */
  readonly dryRun: boolean;
}

/** What a deletion takes away, as it was right before. */
export interface DeletedSubscription {
  readonly name: string;
  readonly id: string;
  readonly topic: string;
  /** Messages that it had not delivered. */
  readonly lag: number | null;
  readonly deadLetterTopic: string;
  /** Kept there, or gone with it. */
  readonly deadLetters: number;
  readonly errorsPurged: boolean;
}
