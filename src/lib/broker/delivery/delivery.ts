import type { OpenCircuit } from "../../domain/circuit.ts";
import type { DeadLetterFilter, ShardOffset } from "../../domain/job.ts";
import type { Health } from "../../domain/subscription.ts";
import type { ParkedEntry, ShardCursor, Source } from "../../engine/port.ts";

/** How an endpoint fares. Times are wall time. */
export interface EndpointStatus {
  /** `null`: closed, messages flow. */
  readonly circuit: OpenCircuit | null;
  /** How many pushes there may be at once. */
  readonly window: number;
  /** The consumer asked to be left alone until then. */
  readonly heldUntilMs: number | null;
}

/** What the owner of a subscription knows of it right now, without asking storage. */
export interface DeliveryStatus {
  readonly health: Health;
  readonly healthReason: string | null;
  /** What is known of the endpoint. */
  readonly endpoint: EndpointStatus;
  readonly inFlight: number;
  /** Parked now, those that are dying included. */
  readonly parked: number;
  readonly nextAttemptMs: number | null;
  /** The oldest publish time among what is parked or in flight and lies in the topic's log, if known. */
  readonly oldestHeldMs: number | null;
  /** The same of what is redriven: it lies in the dead letter topic. Left out: there is none. */
  readonly oldestRedrivenMs?: number;
  /** Left out: there is no dead letter topic. */
  readonly letters?: LetterStatus;
  /** The cursors as they are, commits pending. */
  readonly cursors: readonly ShardCursor[];
  /** Acknowledged deliveries per second over the last 60 s (or since the owner started, if that is less). */
  readonly ackPerS: number;
}

/** How a subscription stands among its dead letters. */
export interface LetterStatus {
  /** Settled is what was redriven, purged, or belongs to somebody else. */
  readonly cursors: readonly ShardCursor[];
  /** Redriven too often; they are settled, too. */
  readonly setAside: number;
  /** The first letter of each shard that is still read: by a parked message, by a redrive that runs, or set aside. A shard without one is left out. */
  readonly heldFrom: readonly ShardOffset[];
}

/** Where the parked entries of a subscription lie. */
export interface Entries {
  readonly parked: readonly Pick<ParkedEntry, "source" | "waitedBefore">[];
  /** By the last move: they count as nothing. */
  readonly suspended: readonly Source[];
}

/** Dead letters that are not wanted any more. */
export interface Purge {
  readonly filter: DeadLetterFilter;
  /** What lies behind is left alone. */
  readonly ends: readonly ShardOffset[];
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
  /** `undefined` while this node does not own the subscription. */
  entries(subscriptionId: string): Entries | undefined;
  /** Whether it was redriven too often and waits for nobody; `undefined` while this node does not own the subscription. */
  isSetAside(subscriptionId: string, letter: Source): boolean | undefined;
  /** Settles what the filter means, durably, and resolves with how many that were; `undefined` while this node does not own the subscription. */
  purgeLetters(subscriptionId: string, purge: Purge): Promise<number | undefined>;
  /** Resolves when nothing is in flight or being written and nothing can be sent before time passes or something new arrives. */
  idle(): Promise<void>;
}
