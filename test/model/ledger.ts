import type { Attribute } from "../../src/lib/domain/message.ts";
import type { MadeMove } from "./moves.ts";

/** How consumers treat a message: take it, take it at the third delivery, never, break the connection, or keep it waiting. */
export type Kind = "good" | "late" | "poison" | "breaks" | "held";
/** What stands at an endpoint: a consumer, nobody, one that is overloaded, one that is broken, one that takes its time, or a consumer on which nothing breaks any more. */
export type Mode = "up" | "mended" | "refusing" | "unavailable" | "failing" | "slow";

/** One publish as a caller makes it. What its number stands for never changes, so that a payload alone tells what it is. */
export interface Sent {
  readonly number: number;
  readonly topic: string;
  /** Of the topic as it was then: another one of the same name has nothing to do with it. */
  readonly topicId: string;
  readonly kind: Kind;
  /** The caller's own. */
  readonly id: string | undefined;
  readonly scheduled: boolean;
  readonly payload: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** A message that a topic holds. The same payload at another time is another message. */
export interface Stored {
  readonly sent: Sent;
  readonly timeMs: number;
  /** Known once the log was looked at. */
  offset: number | undefined;
}

export interface Scheduled {
  readonly dueMs: number;
  /** Not yet: a crash may have come before. */
  promised: boolean;
}

export interface ModelTopic {
  readonly name: string;
  readonly id: string;
  readonly ttlMs: number;
  /** By `storedKey`. */
  readonly stored: Map<string, Stored>;
  /** By offset. */
  readonly log: Stored[];
  /** The first message of each caller-given id, as far as it counts for the next. */
  readonly firsts: Map<string, Stored>;
  /** Acknowledged to a publisher: `storedKey`s that the log must have. */
  readonly promised: Set<string>;
  /** What was scheduled and has not been seen in the log, by number. */
  readonly scheduled: Map<number, Scheduled>;
}

/** What has become of one message for one subscription, as the broker must see it. */
export interface Delivery {
  readonly stored: Stored;
  /** `passed`: nobody waits for it; it was skipped, or lies before the subscription's start. */
  state: "pending" | "parked" | "acked" | "dead" | "passed";
  /** As it was parked before a move that an undo may take back. */
  suspended: { readonly attempts: number; readonly strikesMax: number } | undefined;
  /** It was dealt with, and a rewind has brought it back. */
  wasSettled: boolean;
  diedOfAge: boolean;
  /** As the broker counts them: a crash before a park forgets the one. */
  attempts: number;
  /** The most that the failures so far can have counted for. */
  strikesMax: number;
  /** How often a consumer was sent it, whatever the broker knows of that. */
  seen: number;
  inFlight: boolean;
  /** How often the consumer had taken something at this message's last attempt. */
  acksThen: number;
  /** When its state changed: monotonic time, and the step. */
  atMs: number;
  step: number;
}

/** A dead letter, and what becomes of it once it is redriven. */
export interface Letter {
  readonly offset: number;
  /** How often it had been redriven when it died. */
  readonly count: number;
  readonly delivery: Delivery;
  /** It waits, was redriven, was redriven too often, or is gone for good. */
  state: "dead" | "redriven" | "aside" | "purged";
  readonly step: number;
}

/** A redrive that was ordered and has not been seen to be over. */
export interface Redrive {
  readonly job: string;
  /** What dies later is not meant. */
  readonly end: number;
  readonly includeSetAside: boolean;
  readonly countMax: number;
  taken: number;
}

export interface ModelSubscription {
  readonly name: string;
  /** Empty until its creation was answered. */
  id: string;
  readonly topic: ModelTopic;
  errorsId: string;
  /** As its document was last read: counts its moves. */
  generation: number;
  /** Where it began. */
  readonly from: number;
  readonly strikes: number;
  readonly maxInFlight: number;
  /** Of stored messages, by `storedKey`. */
  readonly deliveries: Map<string, Delivery>;
  /** What comes again because of a rewind, and says so. */
  replays: { readonly job: string; readonly from: number; readonly to: number } | undefined;
  lastMove: MadeMove | undefined;
  /** Ordered, and not yet seen to be made. */
  moving: { readonly job: string; readonly made: () => void } | undefined;
  state: "active" | "paused";
  mode: Mode;
  /** By offset. */
  readonly letters: Map<number, Letter>;
  redrive: Redrive | undefined;
  /** A purge is under way: a crash may come before or after. */
  purging: boolean;
  /** Dead letters read so far: where to read on. */
  lettersEnd: number;
  /** How often the consumer took something. */
  acks: number;
  /** As last shown by the same process. */
  expiredShown: number;
}

export const storedKey = (sent: Sent, timeMs: number) => `${sent.number}@${timeMs}`;

/** Everything that is known from outside: what was asked of the broker, what it answered, and what it sent. */
export interface Ledger {
  readonly topics: Map<string, ModelTopic>;
  readonly subscriptions: Map<string, ModelSubscription>;
  /** By number. */
  readonly sent: Sent[];
  /** What must not be, in words. */
  readonly violations: string[];
  /** The topic or subscription that is being changed: a crash may come before or after. */
  changing: string | undefined;
  step: number;
}

export function ledger(): Ledger {
  return { topics: new Map(), subscriptions: new Map(), sent: [], violations: [], changing: undefined, step: 0 };
}

export function newTopic(name: string, id: string, ttlMs: number): ModelTopic {
  const [stored, log, firsts, promised] = [new Map(), [], new Map(), new Set<string>()];
  return { name, id, ttlMs, stored, log, firsts, promised, scheduled: new Map() };
}

export function newSubscription(
  made: Pick<ModelSubscription, "name" | "topic" | "from" | "strikes" | "maxInFlight">,
): ModelSubscription {
  const { deliveries, ...counters } = { deliveries: new Map(), lettersEnd: 0, acks: 0, expiredShown: 0 };
  const letters = { letters: new Map(), redrive: undefined, purging: false };
  const moves = { replays: undefined, lastMove: undefined, moving: undefined };
  return {
    ...made,
    ...counters,
    ...moves,
    ...letters,
    deliveries,
    id: "",
    errorsId: "",
    generation: 0,
    state: "active",
    mode: "up",
  };
}

/** The message of a topic that was stored then; it is made when it is seen for the first time. */
export function storedOf(topic: ModelTopic, sent: Sent, timeMs: number): Stored {
  const key = storedKey(sent, timeMs);
  const known = topic.stored.get(key) ?? { sent, timeMs, offset: undefined };
  topic.stored.set(key, known);
  return known;
}

export function deliveryOf({ deliveries, from }: ModelSubscription, stored: Stored): Delivery {
  const key = storedKey(stored.sent, stored.timeMs);
  const known = deliveries.get(key) ?? newDelivery(stored, from);
  deliveries.set(key, known);
  return known;
}

export function newDelivery(stored: Stored, from: number): Delivery {
  const state = stored.offset !== undefined && stored.offset < from ? "passed" : "pending";
  return {
    stored,
    ...{ state, suspended: undefined, wasSettled: false, diedOfAge: false },
    ...{ attempts: 0, strikesMax: 0, seen: 0, inFlight: false, acksThen: 0, atMs: 0, step: 0 },
  };
}

/** Of a subscription, in order: every message of its topic. */
export function* deliveriesOf(subscription: ModelSubscription): Generator<Delivery> {
  const { log } = subscription.topic;
  for (const stored of log) yield deliveryOf(subscription, stored);
}

export function isAlive({ stored }: Delivery, { topic }: ModelSubscription, nowMs: number): boolean {
  return stored.timeMs + topic.ttlMs > nowMs;
}

/** Nobody is to be sent it out of the log: it was dealt with, waits for its next attempt, or is past its time. */
export function isSettled(one: Delivery, subscription: ModelSubscription, nowMs: number): boolean {
  return one.state !== "pending" || !isAlive(one, subscription, nowMs);
}
