import type { Health } from "../../domain/subscription.ts";
import type { ShardCursor } from "../../engine/port.ts";

/** What the owner of a subscription knows of it right now, without asking storage. */
export interface DeliveryStatus {
  readonly health: Health;
  readonly healthReason: string | null;
  readonly inFlight: number;
  /** Parked now, those that are dying included. */
  readonly parked: number;
  readonly nextAttemptMs: number | null;
  /** The oldest publish time among what is parked or in flight, if known. */
  readonly oldestHeldMs: number | null;
  /** The cursors as they are, commits pending. */
  readonly cursors: readonly ShardCursor[];
  /** Acknowledged deliveries per second over the last 60 s (or since the owner started, if that is less). */
  readonly ackPerS: number;
}

/**
 * The part that pushes: owns subscriptions, runs one dispatcher for each, and follows the catalog by itself (created, paused,
 * resumed). Made by `openDelivery(deps)`.
 */
export interface Delivery {
  start(): Promise<void>;
  /** No push starts any more; what is in flight has `drainMs`, then it is aborted and stays unsettled; commits. */
  stop(drainMs: number): Promise<void>;
  /** `undefined` while this node does not own the subscription. */
  status(subscriptionId: string): DeliveryStatus | undefined;
  /** Resolves when nothing is in flight or being written and nothing can be sent before time passes or something new arrives. */
  idle(): Promise<void>;
}
