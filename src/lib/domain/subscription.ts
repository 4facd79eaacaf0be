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
  /** Counts rewinds and skips. */
  readonly generation: number;
  readonly createdAtMs: number;
}
