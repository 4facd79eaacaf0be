import { messageOf } from "../../domain/error.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Ownership, Source } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import { type Activity, activityIn } from "./activity.ts";
import type { DeliveryStatus, Entries, Purge } from "./delivery.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DeliveryLimits } from "./limits.ts";
import { endMove } from "./moving.ts";
import { open } from "./opening.ts";
import type { RememberedIds } from "./remembered-ids.ts";
import type { RunningRedrives } from "./running-redrives.ts";

export interface OwnedDeps extends Pick<BrokerDeps, "engine" | "clock" | "post" | "random" | "observer"> {
  readonly limits: DeliveryLimits;
  readonly activity: Activity;
  readonly redrives: RunningRedrives;
  readonly remembered: RememberedIds | undefined;
  readonly expiryNow: () => number;
}

/** One hold on one subscription: opens its dispatcher, again where that failed or the generation has moved, and lets go of it. */
export class Owned {
  readonly #deps: OwnedDeps;
  readonly #ownership: Ownership;
  readonly #ended = new AbortController();
  #subscription: Subscription;
  #dispatcher: Dispatcher | undefined;
  /** What the catalog told of times to live since the hold began. */
  readonly #heard: { ttlMs?: number; letterTtlMs?: number } = {};
  /** What the dispatcher has under way. */
  #under: Activity;
  /** Openings run one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(deps: OwnedDeps, ownership: Ownership, subscription: Subscription) {
    this.#deps = deps;
    this.#under = activityIn(deps.activity);
    this.#ownership = ownership;
    this.#subscription = subscription;
  }

  get epoch(): number {
    return this.#ownership.epoch;
  }

  /** Never rejects: where it fails it is tried again until the hold ends. */
  open(): Promise<void> {
    return this.#inTurn(() => this.#open());
  }

  update(subscription: Subscription): void {
    const moved = subscription.generation !== this.#subscription.generation;
    this.#subscription = subscription;
    if (moved) void this.#inTurn(() => this.#reopen());
    else this.#dispatcher?.update(subscription);
  }

  /** Follows the time to live of the topic, and of the dead letter topic. */
  retain({ id, name, ttlMs }: Topic): void {
    if (id === this.#subscription.topicId) this.#heard.ttlMs = ttlMs;
    if (name === this.#subscription.deadLetterTopic) this.#heard.letterTtlMs = ttlMs;
  }

  /** Stops, drains, commits. Asking twice is asking once. */
  release(drainMs: number): Promise<void> {
    this.#released ??= this.#release(drainMs);
    return this.#released;
  }

  /** Stops at once and commits nothing. */
  lose(): void {
    this.#ended.abort();
    this.#dispatcher?.close();
    // What it knew is somebody else's to say from now on.
    this.#dispatcher = undefined;
  }

  commit(isShared: boolean): void {
    this.#dispatcher?.commit(isShared);
  }

  /** Gives up what expired, and opens anew where the topic has more shards than when it was opened. */
  async sweep(): Promise<void> {
    const dispatcher = this.#dispatcher;
    if (dispatcher === undefined) return;
    await dispatcher.sweep();
    if (await dispatcher.hasNewShards()) void this.#inTurn(() => this.#takeNewShards(dispatcher));
  }

  async caughtUp(): Promise<boolean> {
    return (await this.#dispatcher?.caughtUp()) ?? true;
  }

  entries(): Entries | undefined {
    return this.#dispatcher?.entries();
  }

  isSetAside(letter: Source): boolean | undefined {
    return this.#dispatcher?.isSetAside(letter);
  }

  async purgeLetters(purge: Purge): Promise<number | undefined> {
    return await this.#dispatcher?.purgeLetters(purge);
  }

  status(): DeliveryStatus | undefined {
    return this.#dispatcher?.status();
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#deps.activity.during(this.#turn.then(step));
    return this.#turn;
  }

  async #open(): Promise<void> {
    const { engine, observer, clock, expiryNow, limits } = this.#deps;
    if (this.#ended.signal.aborted || this.#dispatcher !== undefined) return;
    try {
      const held = { ownership: this.#ownership, subscription: this.#subscription };
      const opened = await open({ engine, observer, clock, expiryNow, ...held });
      if (this.#ended.signal.aborted) return;
      this.#dispatcher = this.#dispatcherFor(opened);
      if (opened.move !== undefined) await this.#endMove(opened.move.value.id);
    } catch (error) {
      const { name } = this.#subscription;
      observer.log("error", "The subscription cannot be pushed yet.", { subscription: name, error: messageOf(error) });
      void clock.after(limits.retryMs, this.#ended.signal).then(() => this.#inTurn(() => this.#open()));
    }
  }

  /** Pushes go on meanwhile: the move is made, only its job does not say so yet. */
  async #endMove(job: string): Promise<void> {
    const { limits, ...deps } = this.#deps;
    const held = { ownership: this.#ownership, subscription: this.#subscription };
    try {
      await endMove({ ...deps, ...held }, job);
    } catch (error) {
      const fields = { subscription: held.subscription.name, job, error: messageOf(error) };
      deps.observer.log("error", "A move is made, but its job cannot be told yet.", fields);
      void deps.clock.after(limits.retryMs, this.#ended.signal).then(() => {
        if (!this.#ended.signal.aborted) void this.#inTurn(() => this.#endMove(job));
      });
    }
  }

  /**
   * What is in flight belongs to the old generation: its results are dropped, what it settled is committed. A write that is under way is
   * waited for: an entry parked behind the back of the next opening would come back after a restart.
   */
  async #reopen(): Promise<void> {
    const before = this.#dispatcher;
    this.#dispatcher = undefined;
    before?.close();
    await this.#under.quiet();
    await before?.flush();
    await this.#open();
  }

  /** What is in flight has time to end: it would come twice. */
  async #takeNewShards(before: Dispatcher): Promise<void> {
    if (this.#dispatcher !== before || this.#ended.signal.aborted) return;
    await before.stop(this.#deps.limits.releaseDrainMs);
    this.#dispatcher = undefined;
    await this.#under.quiet();
    await this.#open();
  }

  #dispatcherFor(opened: Awaited<ReturnType<typeof open>>): Dispatcher {
    const { post, random, ...deps } = this.#deps;
    const ended = new AbortController();
    const heard = this.#heard;
    // Not `opened` itself: what was parked then would be held for as long as the dispatcher is.
    const { ttlMs, letterTtlMs } = opened;
    this.#under = activityIn(deps.activity);
    const hold = {
      ...deps,
      activity: this.#under,
      ownership: this.#ownership,
      subscription: this.#subscription,
      // What was heard is never older than what was read when the hold opened.
      get ttlMs() {
        return heard.ttlMs ?? ttlMs;
      },
      get letterTtlMs() {
        return heard.letterTtlMs ?? letterTtlMs;
      },
      signal: ended.signal,
      close: () => ended.abort(),
      superseded: () => this.lose(),
    };
    return new Dispatcher({ hold, opened, post, random });
  }

  async #release(drainMs: number): Promise<void> {
    this.#ended.abort();
    await this.#turn;
    await this.#dispatcher?.stop(drainMs);
  }
}
