import type { Deletion } from "./deletion.ts";
import type { RetryPolicy } from "./retry.ts";

export const TIMEOUT_MS_DEFAULT = 30_000;
export const TIMEOUT_MS_MIN = 1_000;
export const TIMEOUT_MS_MAX = 120_000;
export const MAX_IN_FLIGHT_DEFAULT = 100;
export const MAX_IN_FLIGHT_MAX = 1_000;
/** At this many parked messages only parked ones are tried; new ones wait in the log. */
export const PARKED_MAX = 100_000;

/** What the operator wants. */
export type SubscriptionState = "active" | "paused";
/** What the broker sees: `degraded` while the endpoint cannot be reached, `unknown` when no owner has reported. */
export type Health = "ok" | "degraded" | "unknown";

/** While the endpoint refuses everything for good: `hold` keeps the messages, `dead-letter` gives them up one by one. */
export type OnRejecting = "hold" | "dead-letter";

/** The move that brought a subscription to its generation. */
export interface LastMove {
  /** The job that ordered it; its document says where to. */
  readonly job: string;
  readonly kind: "rewind" | "skip" | "undo";
  readonly atMs: number;
}

/** The catalog's document of kind `subscription`. */
export interface Subscription {
  readonly name: string;
  /** New at each creation: cursors and parked messages of an earlier one are never believed. */
  readonly id: string;
  readonly topic: string;
  readonly topicId: string;
  readonly endpoint: string;
  readonly state: SubscriptionState;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly deadLetterTopic: string;
  /** Counts rewinds, skips and undos: a cursor of an older generation has yet to be moved. */
  readonly generation: number;
  /** Left out until the first. */
  readonly lastMove?: LastMove;
  /** Answers with one of these statuses are final: the message goes to the dead letter topic at once. Left out: none. */
  readonly permanentStatuses?: readonly number[];
  /** Left out: `hold`. */
  readonly onRejecting?: OnRejecting;
  /** Why the broker itself paused it, in words, until it is resumed. */
  readonly pausedBecause?: string;
  readonly createdAtMs: number;
  /** Left out while the subscription is there. */
  readonly deletion?: Deletion;
}
