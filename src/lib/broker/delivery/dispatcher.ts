import type { Outcome, Post } from "../../domain/delivery.ts";
import type { StoredMessage } from "../../domain/message.ts";
import { type RateMeter, rateMeter } from "../../domain/rate.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { isAck } from "../../domain/verdict.ts";
import { type Alarm, alarm } from "./alarm.ts";
import { Burial } from "./burial.ts";
import type { DeliveryStatus } from "./delivery.ts";
import { Endpoint } from "./endpoint.ts";
import { type Failures, failures } from "./failures.ts";
import { Feeds, type Next } from "./feeds.ts";
import { failed, type Hold, messageOf } from "./hold.ts";
import type { Opened } from "./opening.ts";
import { type ParkedMessage, type ParkedSet, parkedSet } from "./parked-set.ts";
import { type Parker, parker } from "./parker.ts";
import { Positions } from "./positions.ts";
import { type PushMaker, pushMaker } from "./push-maker.ts";
import { discard, type Found, readSource } from "./source.ts";
import { statusOf } from "./status.ts";

export interface DispatcherOptions {
  readonly hold: Hold;
  readonly opened: Opened;
  readonly post: Post;
  readonly random: () => number;
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
  readonly #failures: Failures;
  readonly #positions: Positions;
  readonly #feeds: Feeds;
  readonly #parked: ParkedSet;
  readonly #parker: Parker;
  readonly #burial: Burial;
  readonly #endpoint: Endpoint;
  readonly #alarm: Alarm;
  readonly #acks: RateMeter;
  readonly #inFlight = new Set<Attempt>();
  #subscription: Subscription;
  #push: PushMaker;
  /** Places in the window that are taken: by a push, a body being read again, a failure being parked. */
  #taken = 0;
  /** Of these, those of messages that are not parked yet. */
  #takenNew = 0;
  #stopping = false;
  #drained: (() => void) | undefined;

  constructor({ hold, opened, post, random }: DispatcherOptions) {
    this.#hold = hold;
    this.#post = post;
    this.#subscription = hold.subscription;
    this.#push = pushMaker(hold.subscription);
    this.#acks = rateMeter(hold.clock.monotonic());
    this.#alarm = alarm(hold.clock, hold.signal, () => this.#fill());
    this.#parked = parkedSet(hold.clock);
    this.#parker = parker(hold);
    this.#endpoint = new Endpoint(hold, () => this.#parked.hurry());
    this.#positions = new Positions(hold, opened.cursors, () => this.#committed());
    this.#burial = new Burial({ hold, positions: this.#positions, parked: this.#parked });
    this.#failures = failures({ hold, parked: this.#parked, parker: this.#parker, burial: this.#burial, random });
    this.#feeds = new Feeds(hold, this.#positions, () => this.#fill());
    for (const entry of opened.parked) {
      const message = this.#parked.add(entry);
      if (entry.dying !== undefined) this.#burial.add(message, { doubtful: true });
    }
    this.update(hold.subscription);
  }

  /** Follows the catalog. After a pause was told here no push starts. */
  update(subscription: Subscription): void {
    this.#subscription = subscription;
    this.#push = pushMaker(subscription);
    if (this.#maySend()) this.#feeds.open();
    else this.#feeds.shut();
    this.#fill();
  }

  commit(): void {
    this.#positions.commit();
  }

  /** Gives up what expired, wherever it waits. */
  async sweep(): Promise<void> {
    const { expiryNow, ttlMs, limits, signal } = this.#hold;
    await this.#feeds.sweep();
    if (signal.aborted) return;
    for (const old of this.#parked.takeOld(expiryNow() - ttlMs, limits.sweepCountMax))
      this.#failures.expire(old, () => {});
  }

  /** Starts nothing any more; what is in flight has `drainMs`; the rest is dropped unsettled; commits. */
  async stop(drainMs: number): Promise<void> {
    this.#stopping = true;
    this.#feeds.shut();
    const enough = new AbortController();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#checkDrained();
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
    await this.#positions.flush();
  }

  /** Whether nothing can be sent before time passes or something new arrives, as far as the feeds know. */
  async caughtUp(): Promise<boolean> {
    return await this.#feeds.caughtUp();
  }

  status(): DeliveryStatus {
    return statusOf({
      hold: this.#hold,
      endpoint: this.#endpoint,
      positions: this.#positions,
      parked: this.#parked,
      parker: this.#parker,
      burial: this.#burial,
      acks: this.#acks,
      paused: !this.#maySend(),
      taken: this.#taken,
      publishTimesMs: Array.from(this.#inFlight, ({ message }) => message.timeMs),
    });
  }

  #maySend(): boolean {
    return this.#subscription.state === "active" && !this.#stopping && !this.#hold.signal.aborted;
  }

  #fill(): void {
    if (!this.#maySend()) return;
    if (this.#endpoint.isDown) this.#probe();
    else this.#refill();
  }

  #refill(): void {
    while (this.#hasPlace()) {
      const due = this.#parked.takeDue();
      if (due !== undefined) void this.#retry(due);
      else if (!this.#sendNext()) break;
    }
    const nextDueMs = this.#parked.firstDueMs();
    if (nextDueMs !== undefined && nextDueMs > this.#hold.clock.monotonic()) this.#alarm.by(nextDueMs);
  }

  /** One attempt a second while nobody is there; a parked message first, so that the backlog stays where it is. */
  #probe(): void {
    if (this.#hasPlace() && this.#endpoint.takeProbe()) {
      const parked = this.#parked.takeTriedLongestAgo();
      if (parked !== undefined) void this.#retry(parked, { probe: true });
      else this.#sendNext();
    }
    if (this.#endpoint.nextProbeMs > this.#hold.clock.monotonic()) this.#alarm.by(this.#endpoint.nextProbeMs);
  }

  #hasPlace(): boolean {
    return this.#taken < this.#subscription.maxInFlight && !this.#positions.isFull(this.#taken);
  }

  #sendNext(): boolean {
    if (this.#parked.size + this.#takenNew >= this.#hold.limits.parkedMax) return false;
    const next = this.#feeds.take();
    if (next === undefined) return false;
    this.#taken += 1;
    this.#takenNew += 1;
    this.#send(next, 1);
    return true;
  }

  /** Reads a parked message again and sends it, unless it expired, is gone, or the endpoint went away meanwhile. */
  async #retry(parked: ParkedMessage, { probe = false } = {}): Promise<void> {
    const { engine, activity, limits, signal } = this.#hold;
    this.#taken += 1;
    activity.begin();
    try {
      const found = await readSource(engine.log, parked.entry.source);
      if (!signal.aborted) this.#retryFound(parked, found, probe);
    } catch (error) {
      if (signal.aborted) return;
      failed(this.#hold, "A parked message cannot be read; it is tried again later.", error);
      this.#parked.giveBack(parked, limits.retryMs);
      this.#release();
    } finally {
      activity.end();
    }
  }

  #retryFound(parked: ParkedMessage, found: Found, probe: boolean): void {
    const { expiryNow, ttlMs } = this.#hold;
    if (found.kind === "gone") {
      discard(parked, found.why, { hold: this.#hold, positions: this.#positions, parked: this.#parked });
      this.#release();
    } else if (found.message.timeMs + ttlMs <= expiryNow()) {
      this.#failures.expire(parked, () => this.#release());
    } else if (this.#maySend() && (probe || !this.#endpoint.isDown)) {
      this.#send({ message: found.message, feed: undefined, parked }, parked.entry.attempts + 1);
    } else {
      this.#parked.giveBack(parked, 0);
      this.#release();
    }
  }

  #send(attempt: Attempt, number: number): void {
    this.#inFlight.add(attempt);
    this.#hold.activity.begin();
    this.#post(this.#push(attempt.message, number), this.#hold.signal).then(
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
      this.#endpoint.observe(outcome);
      if (acknowledged) this.#acknowledge(attempt);
      else this.#fail(attempt, outcome);
    }
    activity.end();
  }

  #acknowledge(attempt: Attempt): void {
    this.#acks.add(1, this.#hold.clock.monotonic());
    if (attempt.parked !== undefined) {
      this.#parked.remove(attempt.parked);
      this.#positions.unpark(attempt.parked.entry.source);
    }
    this.#finish(attempt);
  }

  /** The message keeps its place in the window until its failure is durable. */
  #fail(attempt: Attempt, outcome: Outcome): void {
    const { observer, subscription } = this.#hold;
    const { message, parked } = attempt;
    const source = attempt.feed === undefined ? attempt.parked.entry.source : attempt.feed.sourceOf(message);
    const failure = { source, publishTimeMs: message.timeMs, outcome, previous: parked?.entry };
    this.#failures.record(failure, this.#subscription.retry, () => {
      if (parked === undefined) observer.parked(subscription.name, subscription.topic);
      this.#finish(attempt);
    });
  }

  /** Acknowledged or durably handed over: settled at its source, its place given to the next. */
  #finish(attempt: Attempt): void {
    const { message, feed } = attempt;
    this.#inFlight.delete(attempt);
    if (feed !== undefined) {
      this.#positions.settle(feed.index, message.offset);
      this.#takenNew -= 1;
    }
    this.#release();
  }

  #release(): void {
    this.#taken -= 1;
    this.#fill();
    this.#checkDrained();
  }

  #committed(): void {
    this.#fill();
    this.#checkDrained();
  }

  /** A dead letter on its way is waited for, unless its topic cannot be written: it is as safe where it is. */
  #checkDrained(): void {
    const burying = this.#burial.size > 0 && this.#burial.problem() === undefined;
    if (this.#taken === 0 && !burying) this.#drained?.();
  }
}
