import type { Post } from "../../domain/delivery.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { ShardCursor, Source } from "../../engine/port.ts";
import type { DeliveryStatus, Entries, Purge } from "./delivery.ts";
import { type Hold, type TriedAgain, triedAgain } from "./hold.ts";
import { type Parts, type PartsOptions, partsOf } from "./parts.ts";
import { purgeLetters } from "./purge.ts";
import { Pushes } from "./pushes.ts";
import { statusOf } from "./status.ts";
import { sweepParts } from "./sweep.ts";

export interface DispatcherOptions extends Omit<PartsOptions, "stir" | "status"> {
  readonly post: Post;
}

/**
 * Pushes the messages of one subscription for as long as one hold lasts. The window is refilled after each completion, arrival, due time,
 * commit and resume; nothing ever waits for a batch. What comes back after the hold's end is dropped.
 */
export class Dispatcher {
  readonly #hold: Hold;
  readonly #parts: Parts;
  readonly #pushes: Pushes;
  #subscription: Subscription;
  #stopping = false;
  #isAsking: boolean = false;
  /** Whether it could not be found out, when that was tried last, if the hold is still ours. */
  readonly #confirms: TriedAgain;
  #drained: (() => void) | undefined;

  constructor({ post, ...options }: DispatcherOptions) {
    const { hold } = options;
    this.#hold = hold;
    this.#subscription = hold.subscription;
    this.#confirms = triedAgain(hold, {
      failing: "Nothing is pushed until it is known that nobody else owns the subscription.",
      working: "It is known again that nobody else owns the subscription.",
    });
    this.#parts = partsOf({ ...options, stir: () => this.#stir(), status: () => this.status() });
    this.#pushes = new Pushes({
      parts: this.#parts,
      post,
      subscription: () => this.#subscription,
      maySend: () => this.#maySend(),
      freed: () => this.#stir(),
    });
    this.update(hold.subscription);
  }

  /** Follows the catalog. After a pause was told here no push starts. */
  update(subscription: Subscription): void {
    const { endpoint, feeds, gone } = this.#parts;
    const before = this.#subscription;
    this.#subscription = subscription;
    this.#pushes.update();
    gone.update(subscription);
    endpoint.update(before, subscription);
    if (this.#maySend()) feeds.open();
    else feeds.shut();
    this.#fill();
  }

  /** Periodic: makes durable what was settled, and what was learned; where there are other nodes, tells them how it stands. */
  commit(isShared: boolean): void {
    this.#parts.positions.commit();
    this.#parts.reporter.pass(isShared);
  }

  sweep(): Promise<void> {
    return sweepParts(this.#parts);
  }

  /** Whether the topic, or the dead letter topic, has shards that were not there when this was opened. */
  async hasNewShards(): Promise<boolean> {
    const { positions } = this.#parts;
    const grown = await Promise.all([positions.cursors(), positions.letters()].map((known) => this.#hasGrown(known)));
    return grown.some(Boolean) && !this.#hold.signal.aborted;
  }

  async #hasGrown(known: readonly ShardCursor[]): Promise<boolean> {
    const [first] = known;
    if (first === undefined) return false;
    const shards = await this.#hold.engine.log.shards(first.shard.topicId);
    return shards.length > known.length;
  }

  entries(): Entries {
    const { parked, suspended } = this.#parts;
    return { parked: Array.from(parked.all(), ({ entry }) => entry), suspended: suspended.sources() };
  }

  isSetAside(letter: Source): boolean {
    return this.#parts.desk.isAside(letter);
  }

  purgeLetters(purge: Purge): Promise<number> {
    return purgeLetters(this.#parts, purge);
  }

  /** Starts nothing any more; what is in flight has `drainMs`; the rest is dropped unsettled; commits. */
  async stop(drainMs: number): Promise<void> {
    this.#stopping = true;
    this.#parts.feeds.shut();
    const enough = new AbortController();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#stir();
    await Promise.race([drained, this.#hold.clock.after(drainMs, enough.signal)]);
    enough.abort();
    this.close();
    await this.flush();
  }

  /** Stops at once; what comes back is dropped. */
  close(): void {
    this.#stopping = true;
    this.#hold.close();
  }

  /** Commits what was settled, after the end. */
  async flush(): Promise<void> {
    await this.#parts.positions.flush();
    await this.#parts.reporter.flush();
  }

  /** Whether nothing can be sent before time passes or something new arrives, as far as the feeds know. */
  caughtUp(): Promise<boolean> {
    return this.#parts.feeds.caughtUp();
  }

  status(): DeliveryStatus {
    return statusOf(this.#parts, {
      isSending: this.#maySend(),
      subscription: this.#subscription,
      taken: this.#pushes.taken,
      publishTimesMs: this.#pushes.publishTimesMs(),
    });
  }

  #maySend(): boolean {
    const { gone } = this.#parts;
    return this.#subscription.state === "active" && !gone.isPausing && !this.#stopping && !this.#hold.signal.aborted;
  }

  /** A dead letter on its way is waited for at the end, unless its topic cannot be written: it is as safe where it is. */
  #stir(): void {
    this.#fill();
    const { burial } = this.#parts;
    const isBurying = burial.size > 0 && burial.problem() === undefined;
    if (this.#pushes.taken === 0 && !isBurying) this.#drained?.();
  }

  #fill(): void {
    if (this.#isAsking || !this.#maySend()) return;
    const { engine, ownership } = this.#hold;
    const asked = engine.owners.confirm(ownership);
    if (asked === undefined) this.#begin();
    else void this.#hold.activity.during(this.#beginOnce(asked));
  }

  /** A node that stood still may not be the owner any more: that is found out before anything is pushed. */
  async #beginOnce(confirmed: Promise<void>): Promise<void> {
    const { clock, limits, signal } = this.#hold;
    this.#isAsking = true;
    try {
      await confirmed;
      this.#confirms.worked();
    } catch (error) {
      if (!signal.aborted) this.#confirms.failed(error);
      this.#parts.alarm.by(clock.monotonic() + limits.retryMs);
      return;
    } finally {
      this.#isAsking = false;
    }
    // However long the answer took: who asks again each time would never begin.
    if (this.#maySend()) this.#begin();
  }

  #begin(): void {
    const { endpoint, alarm } = this.#parts;
    const heldUntilMs = endpoint.heldUntilMs();
    if (heldUntilMs !== undefined) alarm.by(heldUntilMs);
    else if (endpoint.open === undefined) this.#refill();
    else this.#probe();
  }

  /** No clock is read between the look at what is due and the alarm: a due time that passed in between would never ring. */
  #refill(): void {
    const { parked, alarm, endpoint } = this.#parts;
    while (this.#pushes.taken < endpoint.window.size) {
      if (this.#isFull()) return;
      const due = parked.takeDue();
      if (due !== undefined) void this.#pushes.sendParked(due, false);
      else if (!this.#sendNext(false)) {
        const nextDueMs = parked.firstDueMs();
        if (nextDueMs !== undefined) alarm.by(nextDueMs);
        return;
      }
    }
    endpoint.window.full();
  }

  /** One never tried if there is any, so that each probe may find what the endpoint takes; else the one tried longest ago. */
  #probe(): void {
    const { endpoint, alarm } = this.#parts;
    if (this.#pushes.taken >= this.#subscription.maxInFlight || this.#isFull()) return;
    if (endpoint.isProbeDue() && this.#sendProbe()) endpoint.probed();
    // Where there is nothing to probe with, what arrives next is the probe.
    const nextProbeMs = endpoint.open?.nextProbeMs;
    if (nextProbeMs !== undefined && !endpoint.isProbeDue()) alarm.by(nextProbeMs);
  }

  #sendProbe(): boolean {
    if (this.#sendNext(true)) return true;
    const message = this.#parts.parked.takeTriedLongestAgo();
    if (message === undefined) return false;
    void this.#pushes.sendParked(message, true);
    return true;
  }

  #isFull(): boolean {
    return this.#parts.positions.isFull(this.#pushes.taken);
  }

  /** Holes that an earlier owner left close only by sending what is in them: where nothing new is under way, one may always go. */
  #sendNext(isProbe: boolean): boolean {
    const { parked, feeds, positions } = this.#parts;
    const { takenNew } = this.#pushes;
    if (parked.size + takenNew >= this.#hold.limits.parkedMax) return false;
    if (takenNew > 0 && positions.isScattered()) return false;
    const next = feeds.take();
    if (next === undefined) return false;
    this.#pushes.sendNew(next, isProbe);
    return true;
  }
}
