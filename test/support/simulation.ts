import type { Outcome, Push } from "../../src/lib/domain/delivery.ts";
import { HEADER } from "../../src/lib/domain/headers.ts";
import type { StoredMessage } from "../../src/lib/domain/message.ts";
import { RETRY_DEFAULT } from "../../src/lib/domain/retry.ts";
import type { Subscription } from "../../src/lib/domain/subscription.ts";
import type { Shard } from "../../src/lib/engine/port.ts";
import { bytes } from "./broker.ts";
import { type Consumer, consumer, ok } from "./consumer.ts";
import { openStage, type Stage } from "./delivery.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;

/** What the endpoint does with a message at a time since the start. */
export type Endpoint = (push: { readonly id: string; readonly atMs: number }) => Outcome;

export interface Scenario {
  /** When each message is published, since the start, in order; each has the id `m<index>`. */
  readonly arrivals: Arrivals;
  readonly endpoint: Endpoint;
  /** How long an answer takes. */
  readonly latencyMs?: number;
  readonly subscription?: Partial<Subscription>;
  readonly forMs: number;
}

export interface Arrivals {
  readonly timeOf: (index: number) => number;
  readonly countUntil: (ms: number) => number;
}

export interface Simulated {
  readonly stage: Stage;
  /** Since the start, of each push. */
  readonly pushes: readonly { readonly id: string; readonly atMs: number; readonly acked: boolean }[];
  readonly dead: readonly string[];
  readonly probes: number;
  readonly strikes: number;
}

/** In [0, 1), the same numbers each time. */
export function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** One message every so many milliseconds. */
export function every(periodMs: number): Arrivals {
  return { timeOf: (index) => index * periodMs, countUntil: (ms) => Math.floor(ms / periodMs) + 1 };
}

/** These and no more. */
export function at(...timesMs: readonly number[]): Arrivals {
  return {
    timeOf: (index) => timesMs[index] ?? Number.POSITIVE_INFINITY,
    countUntil: (ms) => timesMs.filter((timeMs) => timeMs <= ms).length,
  };
}

/** The dispatcher itself over the memory engine; only the topic is made up, so that an hour at a thousand a second fits. */
export async function simulate(scenario: Scenario): Promise<Simulated> {
  const clock = manualClock();
  const startMs = clock.now();
  const pushes: { readonly id: string; readonly atMs: number; readonly acked: boolean }[] = [];
  const stage = await openStage({
    ...{ clock, start: false, random: seeded() },
    consumer: answering(scenario, clock, (id, outcome) => {
      const acked = outcome.kind === "answered" && outcome.status < 300;
      pushes.push({ id, atMs: clock.now() - startMs, acked });
    }),
    subscription: { retry: RETRY_DEFAULT, maxInFlight: 100, ...scenario.subscription },
  });
  Object.assign(stage.engine.log, madeUp(stage.engine.log, scenario.arrivals, clock));
  await stage.delivery.start();
  await stage.clock.advance(scenario.forMs);
  const count = (what: string) => stage.notes.lines.filter((line) => line.startsWith(what)).length;
  return { stage, pushes, dead: await stage.deadLetters(), probes: count("probed"), strikes: count("struck") };
}

function answering(
  { endpoint, latencyMs = 0 }: Scenario,
  clock: ManualClock,
  pushed: (id: string, outcome: Outcome) => void,
): Consumer {
  const startMs = clock.now();
  const post = async ({ headers }: Push) => {
    const id = headers[headers.indexOf(HEADER.messageId) + 1] ?? "";
    const outcome = endpoint({ id, atMs: clock.now() - startMs });
    pushed(id, outcome);
    if (latencyMs > 0) await clock.after(latencyMs);
    return outcome;
  };
  return { ...consumer(() => ok), post };
}

const PAYLOAD = bytes("1");

/** The log of the topic, computed: a message is there from the moment on when it arrives. */
function madeUp(log: Stage["engine"]["log"], { timeOf, countUntil }: Arrivals, clock: ManualClock) {
  const startMs = clock.now();
  const isOurs = ({ topicId }: Shard) => topicId === "topic-1";
  const end = () => countUntil(clock.now() - startMs);
  const message = (offset: number): StoredMessage => {
    return { id: `m${offset}`, attributes: [], payload: PAYLOAD, offset, timeMs: startMs + timeOf(offset) };
  };
  const { read, bounds, changed, offsetAt } = log;
  const made: Partial<typeof log> = {
    read: async (shard, from, limits) => {
      if (!isOurs(shard)) return read(shard, from, limits);
      const next = Math.max(from, Math.min(end(), from + limits.countMax));
      const records = Array.from({ length: next - from }, (_, index) => message(from + index));
      return { records, next, damaged: [] };
    },
    bounds: async (shard) => (isOurs(shard) ? { start: 0, end: end() } : bounds(shard)),
    changed: async (shard, after, signal) => {
      if (!isOurs(shard)) return changed(shard, after, signal);
      if (end() <= after) await clock.after(startMs + timeOf(after) - clock.now(), signal);
    },
    offsetAt: async (shard, timeMs) => (isOurs(shard) ? 0 : offsetAt(shard, timeMs)),
  };
  return made;
}
