import type { Outcome, Post } from "../../domain/delivery.ts";
import { messageOf } from "../../domain/error.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { isAck } from "../../domain/verdict.ts";
import type { Source } from "../../engine/port.ts";
import type { DeliveryStatus, Purge } from "./delivery.ts";
import type { Next } from "./feeds.ts";
import { failed, type Hold } from "./hold.ts";
import type { ParkedMessage } from "./parked-set.ts";
import { type Parts, type PartsOptions, partsOf } from "./parts.ts";
import { purgeLetters } from "./purge.ts";
import { type PushMaker, pushMaker } from "./push-maker.ts";
import { discard, type Found, readParked } from "./source.ts";
import { statusOf } from "./status.ts";
import { sweepParts } from "./sweep.ts";

export interface DispatcherOptions extends Omit<PartsOptions, "stir"> {
  readonly post: Post;
}

/** A message that is being pushed: taken from the log, or parked and then settled there already. */
type Attempt = Next | { readonly message: StoredMessage; readonly feed: undefined; readonly parked: ParkedMessage };

/**
 * Pushes the messages of one subscription for as long as one hold lasts. The window is refilled after each completion, arrival, due time,
 * commit and resume; nothing ever waits for a batch. What comes back after the hold's end is dropped.
 */
export class Dispatcher {
  readonly #hold: Hold;
  readonly #post: Post;
  readonly #parts: Parts;
  readonly #inFlight = new Set<Attempt>();
  #subscription: Subscription;
  #push: PushMaker;
  /** Places in the window that are taken: by a push, a body being read again, a failure being parked. */
  #taken = 0;
  /** Of these, those of messages that are not parked yet. */
  #takenNew = 0;
  #stopping = false;
  #drained: (() => void) | undefined;

  constructor({ post, ...options }: DispatcherOptions) {
    const { hold } = options;
    this.#hold = hold;
    this.#post = post;
    this.#subscription = hold.subscription;
    this.#push = pushMaker(hold.subscription);
    this.#parts = partsOf({ ...options, stir: () => this.#stir() });
    this.update(hold.subscription);
  }

  /** Follows the catalog. After a pause was told here no push starts. */
  update(subscription: Subscription): void {
    const isMoved = subscription.endpoint !== this.#subscription.endpoint;
    this.#subscription = subscription;
    this.#push = pushMaker(subscription);
    if (isMoved) this.#parts.endpoint.replaced();
    if (this.#maySend()) this.#parts.feeds.open();
    else this.#parts.feeds.shut();
    this.#fill();
  }

  commit(): void {
    this.#parts.positions.commit();
  }

  sweep(): Promise<void> {
    return sweepParts(this.#parts);
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
  flush(): Promise<void> {
    return this.#parts.positions.flush();
  }

  /** Whether nothing can be sent before time passes or something new arrives, as far as the feeds know. */
  caughtUp(): Promise<boolean> {
    return this.#parts.feeds.caughtUp();
  }

  status(): DeliveryStatus {
    const own = [...this.#inFlight].filter(({ parked }) => parked?.entry.redrive === undefined);
    const publishTimesMs = own.map(({ message }) => message.timeMs);
    return statusOf(this.#parts, { isSending: this.#maySend(), taken: this.#taken, publishTimesMs });
  }

  #maySend(): boolean {
    return this.#subscription.state === "active" && !this.#stopping && !this.#hold.signal.aborted;
  }

  /** A dead letter on its way is waited for at the end, unless its topic cannot be written: it is as safe where it is. */
  #stir(): void {
    this.#fill();
    const { burial } = this.#parts;
    const isBurying = burial.size > 0 && burial.problem() === undefined;
    if (this.#taken === 0 && !isBurying) this.#drained?.();
  }

  #fill(): void {
    if (!this.#maySend()) return;
    if (this.#parts.endpoint.isDown) this.#probe();
    else this.#refill();
  }

  /** No clock is read between the look at what is due and the alarm: a due time that passed in between would never ring. */
  #refill(): void {
    const { parked, alarm } = this.#parts;
    while (this.#hasPlace()) {
      const due = parked.takeDue();
      if (due !== undefined) void this.#retry(due);
      else if (!this.#sendNext()) {
        const nextDueMs = parked.firstDueMs();
        if (nextDueMs !== undefined) alarm.by(nextDueMs);
        return;
      }
    }
  }

  /** One attempt a second while nobody is there; a parked message first, so that the backlog stays where it is. */
  #probe(): void {
    const { parked, endpoint, alarm } = this.#parts;
    if (!this.#hasPlace()) return;
    if (endpoint.takeProbe()) {
      const message = parked.takeTriedLongestAgo();
      if (message !== undefined) void this.#retry(message, { probe: true });
      else this.#sendNext();
    }
    alarm.by(endpoint.nextProbeMs);
  }

  #hasPlace(): boolean {
    return this.#taken < this.#subscription.maxInFlight && !this.#parts.positions.isFull(this.#taken);
  }

  /** Holes that an earlier owner left close only by sending what is in them: where nothing new is under way, one may always go. */
  #sendNext(): boolean {
    const { parked, feeds, positions } = this.#parts;
    if (parked.size + this.#takenNew >= this.#hold.limits.parkedMax) return false;
    if (this.#takenNew > 0 && positions.isScattered()) return false;
    const next = feeds.take();
    if (next === undefined) return false;
    this.#taken += 1;
    this.#takenNew += 1;
    this.#send(next, 1);
    return true;
  }

  /** Reads a parked message again and sends it, unless it expired, is gone, or the endpoint went away meanwhile. */
  async #retry(message: ParkedMessage, { probe = false } = {}): Promise<void> {
    const { engine, activity, limits, signal } = this.#hold;
    this.#taken += 1;
    activity.begin();
    try {
      const found = await readParked(engine.log, message.entry);
      if (!signal.aborted) this.#retryFound(message, found, probe);
    } catch (error) {
      if (signal.aborted) return;
      failed(this.#hold, "A parked message cannot be read; it is tried again later.", error);
      this.#parts.parked.giveBack(message, limits.retryMs);
      this.#release();
    } finally {
      activity.end();
    }
  }

  #retryFound(message: ParkedMessage, found: Found, probe: boolean): void {
    const { parked, failures, endpoint } = this.#parts;
    const { expiryNow, ttlMs } = this.#hold;
    if (found.kind === "gone") {
      discard(message, found.why, this.#parts);
      this.#release();
    } else if (message.entry.redrive === undefined && found.message.timeMs + ttlMs <= expiryNow()) {
      failures.expire(message, () => this.#release());
    } else if (this.#maySend() && (probe || !endpoint.isDown)) {
      this.#send({ message: found.message, feed: undefined, parked: message }, message.entry.attempts + 1);
    } else {
      parked.giveBack(message, 0);
      this.#release();
    }
  }

  #send(attempt: Attempt, number: number): void {
    this.#inFlight.add(attempt);
    this.#hold.activity.begin();
    const marks = { redriveCount: attempt.parked?.entry.redrive?.count };
    this.#post(this.#push(attempt.message, number, marks), this.#hold.signal).then(
      (outcome) => this.#complete(attempt, outcome),
      (error: unknown) => this.#complete(attempt, { kind: "unavailable", reason: messageOf(error), tookMs: 0 }),
    );
  }

  #complete(attempt: Attempt, outcome: Outcome): void {
    const { observer, subscription, activity, signal } = this.#hold;
    if (!signal.aborted) {
      const acknowledged = isAck(outcome);
      const result = acknowledged ? "ack" : outcome.kind;
      observer.delivered(subscription.name, subscription.topic, result, outcome.tookMs);
      this.#parts.endpoint.observe(outcome);
      if (acknowledged) this.#acknowledge(attempt);
      else this.#fail(attempt, outcome);
    }
    activity.end();
  }

  #acknowledge(attempt: Attempt): void {
    const { acks, parked, positions } = this.#parts;
    acks.add(1, this.#hold.clock.monotonic());
    if (attempt.parked !== undefined) {
      parked.remove(attempt.parked);
      positions.unpark(attempt.parked.entry.source);
    }
    this.#finish(attempt);
  }

  /** The message keeps its place in the window until its failure is durable. */
  #fail(attempt: Attempt, outcome: Outcome): void {
    const { observer, subscription } = this.#hold;
    const { message, parked } = attempt;
    const source = attempt.feed === undefined ? attempt.parked.entry.source : attempt.feed.sourceOf(message);
    const failure = { source, publishTimeMs: message.timeMs, outcome, previous: parked?.entry };
    this.#parts.failures.record(failure, this.#subscription.retry, () => {
      if (parked === undefined) observer.parked(subscription.name, subscription.topic);
      this.#finish(attempt);
    });
  }

  /** Acknowledged or durably handed over: settled at its source, its place given to the next. */
  #finish(attempt: Attempt): void {
    const { message, feed } = attempt;
    this.#inFlight.delete(attempt);
    if (feed !== undefined) {
      this.#parts.positions.settle(feed.index, message.offset);
      this.#takenNew -= 1;
    }
    this.#release();
  }

  #release(): void {
    this.#taken -= 1;
    this.#stir();
  }
}
