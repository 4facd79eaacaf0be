import { isSubscription } from "../../domain/documents.ts";
import { goneWords } from "../../domain/endpoint-words.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { type Hold, triedAgain } from "./hold.ts";

/** The endpoint answered 410: the subscription is paused, durably and with the reason, and from the first such answer on nothing is sent. */
export interface Gone {
  /** Until the catalog says what becomes of it. */
  readonly isPausing: boolean;
  /** `subscription` as it was when the push began. */
  found(subscription: Subscription): void;
  /** The catalog changed. */
  update(subscription: Subscription): void;
}

export function gone(hold: Hold): Gone {
  const { engine, clock, observer, limits, activity, signal } = hold;
  const pauses = triedAgain(hold, {
    failing: "The subscription cannot be paused after a 410; nothing is sent, and it is paused later.",
    working: "The subscription is paused after a 410.",
  });
  let pausing: Subscription | undefined;

  /** Done when the document says `paused`, is another one, or has another endpoint: then it is somebody's later decision. */
  async function pause(found: Subscription): Promise<void> {
    const document = await engine.catalog.get("subscription", found.name);
    const value = document?.value;
    if (document === undefined || !isSubscription(value) || value.id !== found.id) return;
    if (value.state === "paused" || value.endpoint !== found.endpoint) return;
    const pausedBecause = goneWords(found.name, clock.now());
    const paused = { ...value, state: "paused", pausedBecause } as const;
    await engine.catalog.put("subscription", found.name, paused, document.version);
    observer.log("warn", "The endpoint is gone (410): the subscription is paused.", { subscription: found.name });
  }

  async function run(found: Subscription): Promise<void> {
    activity.begin();
    while (!signal.aborted && pausing === found) {
      try {
        await pause(found);
        pauses.worked();
        break;
      } catch (error) {
        pauses.failed(error);
        await activity.outside(clock.after(limits.retryMs, signal));
      }
    }
    activity.end();
  }

  return {
    get isPausing() {
      return pausing !== undefined;
    },
    found(subscription) {
      if (pausing !== undefined || subscription.state === "paused") return;
      pausing = subscription;
      void run(subscription);
    },
    update({ state, endpoint }) {
      if (state === "paused" || endpoint !== pausing?.endpoint) pausing = undefined;
    },
  };
}
