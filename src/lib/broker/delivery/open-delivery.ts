import { isSubscription, isTopic } from "../../domain/documents.ts";
import { messageOf } from "../../domain/error.ts";
import { expiryClock } from "../../domain/expiry.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { CatalogDocument, Ownership, Source } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import { every } from "../every.ts";
import { createOutage } from "../outage.ts";
import { activity } from "./activity.ts";
import type { Delivery, DeliveryStatus, Entries, Purge } from "./delivery.ts";
import { type DeliveryLimits, LIMITS } from "./limits.ts";
import { Owned, type OwnedDeps } from "./owned.ts";
import { type RememberedIds, rememberedIds } from "./remembered-ids.ts";
import { type RunningRedrives, runningRedrives } from "./running-redrives.ts";

export interface DeliveryDeps extends Pick<BrokerDeps, "engine" | "clock" | "post" | "random" | "observer"> {
  readonly limits?: Partial<DeliveryLimits>;
}

/** Owns what the engine hands out and pushes it: one dispatcher for each subscription, following the catalog. */
export function openDelivery(deps: DeliveryDeps): Delivery {
  return new Deliveries(deps);
}

class Deliveries implements Delivery {
  readonly #deps: OwnedDeps;
  /** From now on nothing is owned that was not before. */
  readonly #stopping = new AbortController();
  /** Everything was let go of. */
  readonly #stopped = new AbortController();
  /** What the catalog says, by name. */
  readonly #known = new Map<string, Subscription>();
  /** By subscription id. */
  readonly #owned = new Map<string, Owned>();
  readonly #redrives: RunningRedrives;
  #unwatch = () => {};

  constructor({ limits, ...deps }: DeliveryDeps) {
    const expiryNow = expiryClock(deps.clock);
    this.#redrives = runningRedrives(deps.engine.catalog);
    const all = { ...LIMITS, ...limits };
    const own = { activity: activity(), redrives: this.#redrives, expiryNow, remembered: idsToRemember(deps, all) };
    this.#deps = { ...deps, limits: all, ...own };
    deps.engine.owners.handle({
      acquired: (ownership) => this.#acquired(ownership),
      released: (ownership) => this.#released(ownership),
      lost: (ownership) => this.#lost(ownership),
    });
  }

  async start(): Promise<void> {
    const { clock, engine, observer, limits } = this.#deps;
    // Before anything is owned, so that an owner finds the job that it has to go on with.
    await this.#redrives.start();
    const heard = new Set<string>();
    this.#unwatch = engine.catalog.watch(({ kind, name, document }) => {
      if (kind === "topic") this.#retain(document);
      if (kind !== "subscription") return;
      heard.add(name);
      void this.#learn(name, document);
    });
    const documents = await engine.catalog.list("subscription");
    const news = documents.filter(({ name }) => !heard.has(name));
    await Promise.all(news.map((document) => this.#learn(document.name, document)));
    const outage = createOutage(observer, {
      failing: "A periodic pass failed; it is made again.",
      working: "The periodic passes work again.",
    });
    const told = (part: string) => ({
      report: (error: unknown) => outage.failed(part, error),
      worked: () => outage.worked(part),
    });
    const { signal } = this.#stopped;
    void every({ clock, periodMs: limits.commitPeriodMs, pass: async () => this.#commit(), signal, ...told("commit") });
    void every({ clock, periodMs: limits.sweepPeriodMs, pass: () => this.#sweep(), signal, ...told("sweep") });
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopping.abort();
    this.#unwatch();
    await Promise.all(Array.from(this.#owned.values(), (owned) => owned.release(drainMs)));
    this.#redrives.stop();
    this.#stopped.abort();
  }

  status(subscriptionId: string): DeliveryStatus | undefined {
    return this.#owned.get(subscriptionId)?.status();
  }

  entries(subscriptionId: string): Entries | undefined {
    return this.#owned.get(subscriptionId)?.entries();
  }

  isSetAside(subscriptionId: string, letter: Source): boolean | undefined {
    return this.#owned.get(subscriptionId)?.isSetAside(letter);
  }

  async purgeLetters(subscriptionId: string, purge: Purge): Promise<number | undefined> {
    return await this.#owned.get(subscriptionId)?.purgeLetters(purge);
  }

  async idle(): Promise<void> {
    const { activity } = this.#deps;
    for (;;) {
      await activity.quiet();
      const caughtUp = await Promise.all(Array.from(this.#owned.values(), (owned) => owned.caughtUp()));
      if (caughtUp.every(Boolean) && activity.isQuiet()) return;
    }
  }

  /** A topic's time to live holds for what is being delivered, too. */
  #retain(document: CatalogDocument | undefined): void {
    const topic = document?.value;
    if (!isTopic(topic)) return;
    for (const owned of this.#owned.values()) owned.retain(topic);
  }

  /** What is known changes at once; owning follows. */
  #learn(name: string, document: CatalogDocument | undefined): Promise<void> {
    const value = document?.value;
    if (document === undefined) return this.#learnOf(name, undefined);
    if (isSubscription(value)) return this.#learnOf(name, value.deletion === undefined ? value : undefined);
    this.#deps.observer.log("error", "A subscription has a form that this version does not know; it is left alone.", {
      subscription: name,
    });
    return Promise.resolve();
  }

  async #learnOf(name: string, subscription: Subscription | undefined): Promise<void> {
    const before = this.#known.get(name);
    if (subscription === undefined) this.#known.delete(name);
    else {
      this.#known.set(name, subscription);
      this.#owned.get(subscription.id)?.update(subscription);
    }
    if (before?.id === subscription?.id) return;
    const { activity } = this.#deps;
    if (before !== undefined) await activity.during(this.#unwant(before));
    if (subscription !== undefined) await activity.during(this.#want(subscription));
  }

  async #want(subscription: Subscription): Promise<void> {
    const { engine, clock, observer, limits, activity } = this.#deps;
    try {
      await engine.owners.want(subscription.id);
    } catch (error) {
      const fields = { subscription: subscription.name, error: messageOf(error) };
      observer.log("error", "The subscription cannot be owned yet; it is asked for again later.", fields);
      void clock.after(limits.retryMs, this.#stopping.signal).then(() => {
        const still = this.#known.get(subscription.name)?.id === subscription.id && !this.#stopping.signal.aborted;
        if (still) void activity.during(this.#want(subscription));
      });
    }
  }

  async #unwant(subscription: Subscription): Promise<void> {
    const { engine, observer } = this.#deps;
    try {
      await engine.owners.unwant(subscription.id);
    } catch (error) {
      const fields = { subscription: subscription.name, error: messageOf(error) };
      observer.log("error", "A subscription that is gone could not be let go of.", fields);
    }
  }

  async #acquired(ownership: Ownership): Promise<void> {
    const subscription = [...this.#known.values()].find(({ id }) => id === ownership.resource);
    if (subscription === undefined || this.#stopping.signal.aborted) return;
    const owned = new Owned(this.#deps, ownership, subscription);
    this.#owned.set(ownership.resource, owned);
    await owned.open();
  }

  async #released({ resource }: Ownership): Promise<void> {
    const owned = this.#owned.get(resource);
    await owned?.release(this.#deps.limits.releaseDrainMs);
    if (this.#owned.get(resource) === owned) this.#owned.delete(resource);
  }

  #lost({ resource, epoch }: Ownership): void {
    const owned = this.#owned.get(resource);
    if (owned?.epoch !== epoch) return;
    owned.lose();
    this.#owned.delete(resource);
  }

  #commit(): void {
    const isShared = this.#deps.engine.nodes.list().length > 1;
    for (const owned of this.#owned.values()) owned.commit(isShared);
  }

  async #sweep(): Promise<void> {
    await Promise.all(Array.from(this.#owned.values(), (owned) => this.#deps.activity.during(owned.sweep())));
  }
}

/** Where the engine may store repeats, their readers tell them from the firsts. */
function idsToRemember(
  { engine, observer }: Pick<DeliveryDeps, "engine" | "observer">,
  { rememberedIdsMax: countMax }: DeliveryLimits,
): RememberedIds | undefined {
  if (engine.capabilities.exactDuplicates) return undefined;
  let isSaid = false;
  return rememberedIds({
    countMax,
    forgot(count) {
      observer.forgotten(count);
      if (isSaid) return;
      isSaid = true;
      observer.log("warn", "More ids are published than can be remembered: repeats may be delivered.", { countMax });
    },
  });
}
