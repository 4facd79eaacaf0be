import type { Outcome, Post, Push } from "../../src/lib/domain/delivery.ts";
import { HEADER } from "../../src/lib/domain/headers.ts";
import { readOutcome } from "../../src/lib/domain/reading.ts";
import { answered, broken, ok, refused } from "../support/consumer.ts";
import type { ModelClock } from "./clock.ts";
import {
  type Delivery,
  deliveryOf,
  isAlive,
  type Ledger,
  type ModelSubscription,
  type Sent,
  storedOf,
} from "./ledger.ts";
import { letterPushed, takeLetter } from "./letters.ts";
import { isIn } from "./moves.ts";

/** At this delivery, and none before, a message of the kind `late` is taken. */
const LATE = 3;
const overloaded = answered(503);

const UNAVAILABLE = new Set([429, 502, 503, 504]);

interface Held {
  readonly subscription: ModelSubscription;
  readonly delivery: Delivery;
  readonly signal: AbortSignal;
  readonly answer: (outcome: Outcome) => void;
}

/** Every consumer there is. Checks each push as it comes, and notes in the ledger what the broker must make of the answer. */
export interface Endpoints {
  /** As one process sees them; of a process that has ended nobody hears any more. */
  post(isDead: () => boolean): Post;
  /** Answers the oldest push that is held, or all. */
  answer(subscription: string, outcome: Outcome, all: boolean): void;
  heldCount(subscription: string): number;
  /** The process has ended: what was in flight is in flight no more. */
  cut(): void;
}

export function endpoints(ledger: Ledger, clock: ModelClock): Endpoints {
  const held: Held[] = [];
  /** What is in flight, by the signal that would end it. */
  const under = new Map<AbortSignal, Set<Delivery>>();

  function drop(signal: AbortSignal): void {
    for (const delivery of under.get(signal) ?? []) delivery.inFlight = false;
    under.delete(signal);
    const mine = held.filter((one) => one.signal === signal);
    held.splice(0, held.length, ...held.filter((one) => one.signal !== signal));
    // Whoever ends a push hears so.
    for (const one of mine) one.answer(broken);
  }

  function fly(delivery: Delivery, signal: AbortSignal): void {
    delivery.inFlight = true;
    delivery.seen += 1;
    const flying = under.get(signal) ?? new Set();
    if (!under.has(signal)) {
      under.set(signal, flying);
      signal.addEventListener("abort", () => drop(signal), { once: true });
    }
    flying.add(delivery);
  }

  function land({ subscription, delivery, signal }: Omit<Held, "answer">, outcome: Outcome): void {
    if (under.get(signal)?.delete(delivery) !== true) return;
    delivery.inFlight = false;
    delivery.atMs = clock.monotonic();
    delivery.step = ledger.step;
    const { acksThen, attempts } = delivery;
    const servedOthers = attempts > 0 && subscription.acks > acksThen;
    delivery.acksThen = subscription.acks;
    if (readOutcome(outcome).kind === "ack") {
      subscription.acks += 1;
      delivery.state = "acked";
      return;
    }
    delivery.state = "parked";
    delivery.attempts += 1;
    if (mayCount(outcome, servedOthers)) delivery.strikesMax += 1;
  }

  function keep(one: Omit<Held, "answer">): Promise<Outcome> {
    return new Promise((resolve) => held.push({ ...one, answer: resolve }));
  }

  return {
    post: (isDead) => (push, signal) => {
      if (isDead()) return new Promise(() => {});
      const found = received(ledger, push, clock.now());
      if (found === undefined) return Promise.resolve(ok);
      const { subscription, delivery } = found;
      fly(delivery, signal);
      const outcome = outcomeOf(subscription, delivery);
      const answer = outcome === "hold" ? keep({ subscription, delivery, signal }) : Promise.resolve(outcome);
      // First in line for the answer: it is noted under the same circumstances under which the broker hears it.
      void answer.then((given) => land({ subscription, delivery, signal }, given));
      return answer;
    },
    answer(subscription, outcome, all) {
      const mine = held.filter((one) => one.subscription.name === subscription);
      for (const one of all ? mine : mine.slice(0, 1)) {
        held.splice(held.indexOf(one), 1);
        one.answer(outcome);
      }
    },
    heldCount: (subscription) => held.filter((one) => one.subscription.name === subscription).length,
    cut() {
      for (const signal of [...under.keys()]) drop(signal);
    },
  };
}

/** Finds what a push is about and says whatever is wrong with it; `undefined` for one that cannot be. */
function received(ledger: Ledger, push: Push, nowMs: number) {
  const header = (name: string) => {
    const at = push.headers.indexOf(name);
    return at === -1 ? "" : (push.headers[at + 1] ?? "");
  };
  const payload = new TextDecoder().decode(push.body);
  const sent = ledger.sent[Number(payload)];
  const subscription = ledger.subscriptions.get(header(HEADER.subscription));
  const what = `The push of ${payload} to ${header(HEADER.subscription)}`;
  const attempt = Number(header(HEADER.deliveryAttempt));
  // The first push after a move is ordered is the first that anybody sees of it.
  subscription?.moving?.made();
  const timeMs = Date.parse(header(HEADER.publishTime));
  const count = Number(header(HEADER.redriveCount));
  const about = sent === undefined ? undefined : { sent, timeMs, count, attempt };
  const delivery = about && subscription && deliveryPushed(ledger, subscription, about);
  if (subscription === undefined || delivery === undefined) {
    ledger.violations.push(`${what} is of no message that was published for it.`);
    return undefined;
  }
  for (const problem of problemsOf({
    subscription,
    delivery,
    attempt,
    replay: header(HEADER.replay),
    isRedriven: count > 0,
    nowMs,
  }))
    ledger.violations.push(`${what} ${problem}.`);
  return { subscription, delivery };
}

interface About {
  readonly sent: Sent;
  readonly timeMs: number;
  readonly count: number;
  readonly attempt: number;
}

/** Of a message of the topic, or of one that is redriven. */
function deliveryPushed(ledger: Ledger, subscription: ModelSubscription, { sent, timeMs, count, attempt }: About) {
  if (count > 0) {
    const letter = letterPushed(subscription, { number: sent.number, timeMs, count, attempt });
    if (letter !== undefined && letter.state !== "redriven") takeLetter(ledger, subscription, letter);
    return letter?.delivery;
  }
  if (sent.topicId !== subscription.topic.id) return undefined;
  return deliveryOf(subscription, storedOf(subscription.topic, sent, timeMs));
}

interface Arrival {
  readonly subscription: ModelSubscription;
  readonly delivery: Delivery;
  readonly attempt: number;
  readonly replay: string;
  readonly isRedriven: boolean;
  readonly nowMs: number;
}

function* problemsOf({ subscription, delivery, attempt, replay, isRedriven, nowMs }: Arrival): Generator<string> {
  const { state, inFlight, attempts, stored } = delivery;
  if (subscription.state === "paused") yield "starts although the subscription is paused";
  if (state === "acked") yield "comes again although it was acknowledged";
  if (state === "dead") yield "comes again although it is a dead letter";
  if (state === "passed") yield "comes although nobody waits for it";
  if (inFlight) yield "comes while the same message is in flight";
  if (attempt !== attempts + 1) yield `says attempt ${attempt}, not ${attempts + 1}`;
  if (!isRedriven && !isAlive(delivery, subscription, nowMs)) yield "comes after the message's time";
  const isReplay = stored.offset !== undefined && isIn(subscription.replays, stored.offset);
  const job = isReplay ? (subscription.replays?.job ?? "") : "";
  if (replay !== job) yield `names the rewind "${replay}", not "${job}"`;
  const redriven = [...subscription.letters.values()].map((letter) => letter.delivery);
  const flying = [...subscription.deliveries.values(), ...redriven].filter((one) => one.inFlight).length;
  if (flying >= subscription.maxInFlight) yield `is number ${flying + 1} of ${subscription.maxInFlight} in flight`;
}

function outcomeOf({ mode }: ModelSubscription, { stored, seen }: Delivery): Outcome | "hold" {
  if (mode === "refusing") return refused;
  if (mode === "unavailable") return overloaded;
  if (mode === "failing") return answered(500);
  if (mode === "slow") return "hold";
  const { kind } = stored.sent;
  if (kind === "poison") return answered(500);
  if (kind === "breaks") return mode === "mended" ? ok : broken;
  if (kind === "held") return seen === 1 ? "hold" : ok;
  return kind === "late" && seen < LATE ? answered(500) : ok;
}

/**
 * A failure before any byte was sent never counts toward the dead letter topic, and one of a consumer that is not there for others either
 * does not: an outage is not poison.
 */
function mayCount(outcome: Outcome, servedOthers: boolean): boolean {
  if (outcome.kind === "connection") return false;
  const isAway = outcome.kind === "unavailable" || UNAVAILABLE.has(outcome.status);
  return !isAway || servedOthers;
}
