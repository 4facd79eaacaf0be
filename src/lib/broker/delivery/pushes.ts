import { Bag, type Bagged } from "../../domain/bag.ts";
import type { Outcome, Post } from "../../domain/delivery.ts";
import { messageOf } from "../../domain/error.ts";
import type { StoredMessage } from "../../domain/message.ts";
import { readOutcome, type Unacknowledged } from "../../domain/reading.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { DeliveryResult } from "../observer.ts";
import type { Sent } from "./endpoint.ts";
import type { Feed } from "./feed.ts";
import type { Next } from "./feeds.ts";
import { type TriedAgain, triedAgain } from "./hold.ts";
import type { ParkedMessage } from "./parked-set.ts";
import type { Parts } from "./parts.ts";
import { type PushMaker, pushMaker } from "./push-maker.ts";
import { discard, type Found, readParked } from "./source.ts";

export interface PushesOptions {
  readonly parts: Parts;
  readonly post: Post;
  /** As it is now. */
  readonly subscription: () => Subscription;
  /** Neither paused nor stopping. */
  readonly maySend: () => boolean;
  /** Told when a place got free. */
  readonly freed: () => void;
}

/** A push under way: of a message taken from the log, or of one that is parked and settled there already. */
interface Attempt extends Sent, Bagged {
  readonly message: StoredMessage;
  readonly feed: Feed | undefined;
  readonly parked: ParkedMessage | undefined;
  /** A probe of a message that is not due yet. */
  readonly isEarly: boolean;
}

type What = Pick<Attempt, "message" | "feed" | "parked" | "isProbe" | "isEarly">;

/** The pushes under way, from the moment when a message is taken until it is acknowledged or durably parked. */
export class Pushes {
  readonly #options: PushesOptions;
  readonly #parts: Parts;
  readonly #inFlight = new Bag<Attempt>();
  readonly #reads: TriedAgain;
  #push: PushMaker;
  /** Places in the window that are taken: by a push, a body being read again, a failure being parked. */
  #taken = 0;
  /** Of these, those of messages that are not parked yet. */
  #takenNew = 0;

  constructor(options: PushesOptions) {
    this.#options = options;
    this.#parts = options.parts;
    this.#push = pushMaker(options.subscription());
    this.#reads = triedAgain(options.parts.hold, {
      failing: "A parked message cannot be sent now; it is tried again later.",
      working: "Parked messages are sent again.",
    });
  }

  get taken(): number {
    return this.#taken;
  }

  get takenNew(): number {
    return this.#takenNew;
  }

  /** Of what is in flight and was not redriven. */
  publishTimesMs(): readonly number[] {
    const own = this.#inFlight.all().filter(({ parked }) => parked?.entry.redrive === undefined);
    return own.map(({ message }) => message.timeMs);
  }

  /** What begins from now on goes where the subscription says now. */
  update(): void {
    this.#push = pushMaker(this.#options.subscription());
  }

  /** Sends a message that was taken from the log. */
  sendNew(next: Next, isProbe: boolean): void {
    this.#taken += 1;
    this.#takenNew += 1;
    // On the path of each push: a spread costs more than all else that is done for it here.
    this.#send({ message: next.message, feed: next.feed, parked: undefined, isProbe, isEarly: false }, 1);
  }

  /** Reads a parked message again and sends it, unless it expired, is gone, or may not be sent any more. */
  async sendParked(message: ParkedMessage, isProbe: boolean): Promise<void> {
    const { hold, parked } = this.#parts;
    const { engine, activity, limits, signal, clock, ownership } = hold;
    const isEarly = message.dueMs > clock.monotonic();
    this.#taken += 1;
    activity.begin();
    try {
      const found = await readParked(engine.log, message.entry);
      // Reading may take long, and the hold may have passed to another node in the meantime.
      const asked = signal.aborted ? undefined : engine.owners.confirm(ownership);
      if (asked !== undefined) await asked;
      this.#reads.worked();
      if (!signal.aborted) this.#found({ message, isProbe, isEarly }, found);
    } catch (error) {
      if (signal.aborted) return;
      this.#reads.failed(error);
      parked.giveBack(message, clock.monotonic() + limits.retryMs);
      this.#release();
    } finally {
      activity.end();
    }
  }

  #found(taken: { message: ParkedMessage; isProbe: boolean; isEarly: boolean }, found: Found): void {
    const { hold, parked, failures, endpoint } = this.#parts;
    const { message, isProbe, isEarly } = taken;
    if (found.kind === "gone") {
      discard(message, found.why, this.#parts);
      this.#release();
    } else if (message.entry.redrive === undefined && found.message.timeMs + hold.ttlMs <= hold.expiryNow()) {
      failures.expire(message, () => this.#release());
    } else if (this.#options.maySend() && endpoint.isOpenTo(isProbe)) {
      const what = { message: found.message, feed: undefined, parked: message, isProbe, isEarly };
      this.#send(what, message.entry.attempts + 1);
    } else {
      parked.giveBack(message, message.dueMs);
      this.#release();
    }
  }

  #send(what: What, number: number): void {
    const { hold, endpoint } = this.#parts;
    const { message, feed, parked, isProbe, isEarly } = what;
    const ticket = endpoint.window.begin();
    const attempt = { messageId: message.id, message, feed, parked, isProbe, isEarly, ticket, place: -1 };
    this.#inFlight.add(attempt);
    hold.activity.begin();
    const marks = { redriveCount: parked?.entry.redrive?.count, replay: this.#replayOf(what) };
    this.#options.post(this.#push(message, number, marks), hold.signal).then(
      (outcome) => this.#complete(attempt, outcome),
      (error: unknown) => this.#complete(attempt, { kind: "unavailable", reason: messageOf(error), tookMs: 0 }),
    );
  }

  #replayOf({ message, feed, parked }: Pick<What, "message" | "feed" | "parked">): string | undefined {
    const { replays } = this.#parts;
    if (feed !== undefined) return replays.jobOf(feed.shard, message.offset);
    return parked === undefined ? undefined : replays.jobOf(parked.entry.source.shard, parked.entry.source.offset);
  }

  #complete(attempt: Attempt, outcome: Outcome): void {
    const { activity, signal } = this.#parts.hold;
    if (!signal.aborted) {
      const reading = readOutcome(outcome, this.#options.subscription().permanentStatuses);
      if (reading.kind === "ack" || reading.kind === "business") {
        this.#tell(attempt, reading.kind, outcome.tookMs);
        this.#acknowledge(attempt);
      } else {
        this.#tell(attempt, outcome.kind, outcome.tookMs);
        this.#fail(attempt, outcome, reading);
      }
    }
    activity.end();
  }

  #tell({ isProbe }: Attempt, result: DeliveryResult, tookMs: number): void {
    const { observer, subscription } = this.#parts.hold;
    observer.delivered(subscription.name, subscription.topic, result, tookMs);
    if (isProbe) observer.probed(subscription.name, subscription.topic);
  }

  #acknowledge(attempt: Attempt): void {
    const { hold, acks, parked, positions, endpoint } = this.#parts;
    const nowMs = hold.clock.monotonic();
    acks.add(1, nowMs);
    if (attempt.parked !== undefined) {
      parked.remove(attempt.parked);
      positions.unpark(attempt.parked.entry.source);
    }
    endpoint.acked(attempt, nowMs);
    this.#finish(attempt);
  }

  /** The message keeps its place in the window until its failure is durable. */
  #fail(attempt: Attempt, outcome: Outcome, reading: Unacknowledged): void {
    const { hold, failures, gone, endpoint } = this.#parts;
    const { observer } = hold;
    const { message, feed, parked } = attempt;
    const source = feed === undefined ? parked?.entry.source : feed.sourceOf(message);
    if (source === undefined) throw new RangeError(`Message ${message.id} is neither in a log nor parked.`);
    const subscription = this.#options.subscription();
    if (reading.kind === "gone" && endpoint.isNews(attempt)) gone.found(subscription);
    const failure = { sent: attempt, source, publishTimeMs: message.timeMs, outcome, reading, parked };
    failures.record({ ...failure, isEarly: attempt.isEarly }, subscription, () => {
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
    this.#options.freed();
  }
}
