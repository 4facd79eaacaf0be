import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Engine, Ownership } from "../../engine/port.ts";
import type { Observer } from "../observer.ts";
import { createOutage } from "../outage.ts";
import type { Activity } from "./activity.ts";
import type { DeliveryLimits } from "./limits.ts";
import type { RememberedIds } from "./remembered-ids.ts";
import type { RunningRedrives } from "./running-redrives.ts";

/** What the parts of one dispatcher share: one subscription, held under one epoch and one generation. */
export interface Hold {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly limits: DeliveryLimits;
  readonly activity: Activity;
  readonly redrives: RunningRedrives;
  /** To tell repeats by; `undefined` where the engine stores none. */
  readonly remembered: RememberedIds | undefined;
  readonly ownership: Ownership;
  /** As it was when the dispatcher opened: names and ids do not change while it lives. */
  readonly subscription: Subscription;
  /** Of the subscription's topic. */
  readonly ttlMs: number;
  /** Of the dead letter topic. */
  readonly letterTtlMs: number;
  /** The time by which messages expire. */
  readonly expiryNow: () => number;
  /** Aborts when the hold ends: nothing is begun afterwards, and what comes back is dropped. */
  readonly signal: AbortSignal;
  readonly close: () => void;
  /** Somebody newer holds the subscription: stop at once. */
  readonly superseded: () => void;
}

export interface TriedAgain {
  failed(error: unknown): void;
  worked(): void;
}

/** What is tried again for as long as it fails: said once an outage, and once that it works again. A superseded hold ends here. */
export function triedAgain(hold: Hold, says: { readonly failing: string; readonly working: string }): TriedAgain {
  const part = hold.subscription.name;
  const outage = createOutage(hold.observer, { ...says, fields: { subscription: part } });
  return {
    failed(error: unknown): void {
      if (!endedBy(hold, error)) outage.failed(part, error);
    },
    worked: () => outage.worked(part),
  };
}

function endedBy({ observer, subscription, superseded }: Hold, error: unknown): boolean {
  if (!(error instanceof KBrokerError && error.code === "epoch_stale")) return false;
  observer.log("warn", "The subscription has a newer owner.", { subscription: subscription.name });
  superseded();
  return true;
}
