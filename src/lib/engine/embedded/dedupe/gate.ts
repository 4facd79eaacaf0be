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
  append(topic: TopicLog, messages: readonly Message[], windowMs: number): Promise<readonly Appended[]>;
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
  readonly key: string;
  readonly digest: string;
  readonly message: Message;
}

export function createDedupeGate({ index, clock, waitingMax, push }: DedupeGateOptions): DedupeGate {
  /** By key: settles, without failing, once the first append of that id is through or has failed. */
  const inFlight = new Map<string, Promise<void>>();
  let waiting = 0;

  function firstInFlight(identified: readonly Identified[]): Promise<void> | undefined {
    for (const { key } of identified) {
      const first = inFlight.get(key);
      if (first !== undefined) return first;
    }
    return undefined;
  }

  function planFor(identified: readonly Identified[], windowMs: number): { plans: Plan[]; fresh: Identified[] } {
    const fresh: Identified[] = [];
    const firstInCall = new Map<string, number>();
    const nowMs = clock.now();
    const plans = identified.map((one): Plan => {
      const at = firstInCall.get(one.key);
      if (at !== undefined) return fresh[at]?.digest === one.digest ? { repeatOf: at } : "conflict";
      const known = index.find(one.key);
      if (known !== undefined && nowMs - known.timeMs <= windowMs)
        return known.digest === one.digest ? { known } : "conflict";
      firstInCall.set(one.key, fresh.length);
      fresh.push(one);
      return { stored: fresh.length - 1 };
    });
    return { plans, fresh };
  }

  function storeFresh(topic: TopicLog, fresh: readonly Identified[], windowMs: number): Promise<FirstPosition> {
    const messages = fresh.map(({ message }) => message);
    const stored = push({
      topic,
      messages,
      dedupeWindowMs: windowMs,
      onDurable({ offset, timeMs }) {
        for (const [at, { key, digest }] of fresh.entries())
          index.remember(key, { offset: offset + at, timeMs, windowMs, digest });
      },
    });
    const settled = stored.then(
      () => forgetFlight(fresh),
      () => forgetFlight(fresh),
    );
    for (const { key } of fresh) inFlight.set(key, settled);
    return stored;
  }

  function forgetFlight(fresh: readonly Identified[]): void {
    for (const { key } of fresh) inFlight.delete(key);
  }

  return {
    async append(topic, messages, windowMs) {
      const identified = messages.map((message) => identify(topic, message));
      if (firstInFlight(identified) !== undefined && waiting >= waitingMax)
        throw new KBrokerError("overloaded", `${waiting} repeats already wait for their first.`, { retryAfterS: 1 });
      waiting += 1;
      try {
        for (let first = firstInFlight(identified); first; first = firstInFlight(identified)) await first;
      } finally {
        waiting -= 1;
      }
      // From here to the queue nothing else runs: all of a call is decided at one moment, and stored as a whole or not at all.
      const { plans, fresh } = planFor(identified, windowMs);
      const first = fresh.length === 0 ? undefined : await storeFresh(topic, fresh, windowMs);
      return plans.map((plan) => outcome(topic, plan, first));
    },
  };
}

function identify(topic: TopicLog, message: Message): Identified {
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
