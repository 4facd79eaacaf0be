import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { Message } from "../../../domain/message.ts";
import type { Appended } from "../../port.ts";
import type { FirstPosition } from "../journal/append-call.ts";
import type { CommitQueue } from "../journal/commit-queue.ts";
import type { RememberedId } from "../state/store.ts";
import type { TopicLog } from "../topic-log.ts";
import { digestOf, type IdIndex, idKey } from "./id-index.ts";

/** Lets each caller-given id through once within the window. */
export interface DedupeGate {
  append(topic: TopicLog, messages: readonly Message[], options: DedupeOptions): Promise<readonly Appended[]>;
}

export interface DedupeOptions {
  readonly windowMs: number;
  /** The others pass as they are, and nothing is remembered of them. */
  readonly deduped: (message: Message) => boolean;
}

export interface DedupeGateOptions {
  readonly index: IdIndex;
  readonly clock: Clock;
  /** How many calls may wait for the first append of an id. */
  readonly waitingMax: number;
  readonly push: CommitQueue["push"];
}

/** What comes of one message of a call: the n-th that is stored, a repeat of that one, or known from before. */
type Plan = { stored: number } | { repeatOf: number } | { known: RememberedId } | "conflict";

interface Identified {
  /** `undefined`: its id does not count. */
  readonly key: string | undefined;
  readonly digest: string;
  readonly message: Message;
}

export function createDedupeGate({ index, clock, waitingMax, push }: DedupeGateOptions): DedupeGate {
  /** By key: settles, without failing, once the first append of that id is through or has failed. */
  const inFlight = new Map<string, Promise<void>>();
  let waiting = 0;

  function firstInFlight(identified: readonly Identified[]): Promise<void> | undefined {
    for (const { key } of identified) {
      const first = key === undefined ? undefined : inFlight.get(key);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  function planFor(identified: readonly Identified[], windowMs: number): { plans: Plan[]; fresh: Identified[] } {
    const fresh: Identified[] = [];
    const firstInCall = new Map<string, number>();
    const nowMs = clock.now();
    const repeat = (key: string, digest: string): Plan | undefined => {
      const at = firstInCall.get(key);
      if (at !== undefined) return fresh[at]?.digest === digest ? { repeatOf: at } : "conflict";
      const known = index.find(key);
      if (known === undefined || nowMs - known.timeMs > windowMs) return undefined;
      return known.digest === digest ? { known } : "conflict";
    };
    const plans = identified.map((one): Plan => {
      const plan = one.key === undefined ? undefined : repeat(one.key, one.digest);
      if (plan !== undefined) return plan;
      if (one.key !== undefined) firstInCall.set(one.key, fresh.length);
      fresh.push(one);
      return { stored: fresh.length - 1 };
    });
    return { plans, fresh };
  }

  function storeFresh(
    topic: TopicLog,
    fresh: readonly Identified[],
    { windowMs, deduped }: DedupeOptions,
  ): Promise<FirstPosition> {
    const messages = fresh.map(({ message }) => message);
    const stored = push({
      topic,
      messages,
      dedupeWindowMs: windowMs,
      deduped,
      onDurable({ offset, timeMs }) {
        for (const [at, { key, digest }] of fresh.entries())
          if (key !== undefined) index.remember(key, { offset: offset + at, timeMs, windowMs, digest });
      },
    });
    const settled = stored.then(
      () => forgetFlight(fresh),
      () => forgetFlight(fresh),
    );
    for (const { key } of fresh) if (key !== undefined) inFlight.set(key, settled);
    return stored;
  }

  function forgetFlight(fresh: readonly Identified[]): void {
    for (const { key } of fresh) if (key !== undefined) inFlight.delete(key);
  }

  return {
    async append(topic, messages, options) {
      const identified = messages.map((message) => identify(topic, message, options));
      if (firstInFlight(identified) !== undefined && waiting >= waitingMax)
        throw new KBrokerError("overloaded", `${waiting} repeats already wait for their first.`, { retryAfterS: 1 });
      waiting += 1;
      try {
        for (let first = firstInFlight(identified); first; first = firstInFlight(identified)) await first;
      } finally {
        waiting -= 1;
      }
      // From here to the queue nothing else runs: all of a call is decided at one moment, and stored as a whole or not at all.
      const { plans, fresh } = planFor(identified, options.windowMs);
      const first = fresh.length === 0 ? undefined : await storeFresh(topic, fresh, options);
      return plans.map((plan) => outcome(topic, plan, first));
    },
  };
}

function identify(topic: TopicLog, message: Message, { deduped }: DedupeOptions): Identified {
  if (!deduped(message)) return { key: undefined, digest: "", message };
  return { key: idKey(topic.id, message.id), digest: digestOf(message.payload), message };
}

function outcome({ id: topicId }: TopicLog, plan: Plan, first: FirstPosition | undefined): Appended {
  const shard = { topicId, index: 0 };
  if (plan === "conflict") return { kind: "conflict" };
  if ("known" in plan) return { kind: "duplicate", shard, offset: plan.known.offset, timeMs: plan.known.timeMs };
  const { offset = 0, timeMs = 0 } = first ?? {};
  if ("repeatOf" in plan) return { kind: "duplicate", shard, offset: offset + plan.repeatOf, timeMs };
  return { kind: "appended", shard, offset: offset + plan.stored, timeMs };
}
