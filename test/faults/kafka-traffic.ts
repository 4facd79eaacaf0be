import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { type Push, startConsumer } from "../support/recording-consumer.ts";

const PUBLISHERS_EACH = 4;
/** A node that is frozen takes connections and says nothing. */
const ANSWER_MS_MAX = 15_000;
/** Before the same message is sent to the next node. */
const PAUSE_MS = 50;

export interface TrafficOptions {
  /** How long the consumer takes for a message. */
  readonly answerMs: (push: Push, count: number) => number;
  readonly status?: (push: Push) => number;
}

export interface Received {
  readonly push: Push;
  /** How many phases were over when it came. */
  readonly phase: number;
}

/** Messages and their consumer, while nodes come and go. */
export interface NodesTraffic {
  readonly endpoint: string;
  readonly received: readonly Received[];
  /** Ids whose publish was answered 200. */
  readonly acknowledged: ReadonlySet<string>;
  /** Answers other than 200: status, error code and whether it said when to come again, with how many of them there were. */
  readonly refusals: ReadonlyMap<string, number>;
  /** What comes from now on counts apart. */
  nextPhase(): void;
  /** Resolves when so many messages have been pushed from now on. */
  pushed(count: number): Promise<void>;
  /** Publishes to all of them without a pause until it is stopped, at most `countMax`. */
  publish(urls: readonly string[], options: PublishOptions): Publishing;
}

export interface PublishOptions {
  readonly topic: string;
  readonly countMax?: number;
  /** Of each publisher, between two messages. */
  readonly pauseMs?: number;
}

export interface Publishing {
  /** Resolves once the last is answered. */
  stop(): Promise<void>;
  readonly done: Promise<void>;
}

export async function startNodesTraffic({ answerMs, status = () => 200 }: TrafficOptions): Promise<NodesTraffic> {
  const [acknowledged, refusals, received]: [Set<string>, Map<string, number>, Received[]] = [new Set(), new Map(), []];
  const waiting = new Set<{ readonly count: number; readonly done: () => void }>();
  let [phase, published] = [0, 0];
  const consumer = await startConsumer(async (push) => {
    received.push({ push, phase });
    for (const each of waiting) if (received.length >= each.count) each.done();
    await delay(answerMs(push, received.length));
    return status(push);
  });
  return {
    endpoint: consumer.url,
    received,
    acknowledged,
    refusals,
    nextPhase() {
      phase += 1;
    },
    pushed(count) {
      return new Promise((resolve) => waiting.add({ count: received.length + count, done: resolve }));
    },
    publish(urls, { topic, countMax = Number.POSITIVE_INFINITY, pauseMs = 0 }) {
      let left = countMax;
      const pools = urls.map((url) => new Pool(url, { connections: PUBLISHERS_EACH, headersTimeout: ANSWER_MS_MAX }));
      const one = async (first: number) => {
        while (left > 0) {
          left -= 1;
          published += 1;
          const id = `message-${published}`;
          await untilAcknowledged(pools.slice(first).concat(pools.slice(0, first)), { topic, id }, refusals);
          acknowledged.add(id);
          if (pauseMs > 0) await delay(pauseMs);
        }
      };
      const publishers = pools.flatMap((_, first) => Array.from({ length: PUBLISHERS_EACH }, () => one(first)));
      const all = async () => {
        await Promise.allSettled(publishers);
        await Promise.all(pools.map((pool) => pool.destroy()));
        await Promise.all(publishers);
      };
      const done = all();
      // Whoever waits for it is told; until then nobody may be there.
      done.catch(() => undefined);
      const stop = async () => {
        left = 0;
        await done;
      };
      return { stop, done };
    },
  };
}

/** Publishers that behave: the same message under the same id, from node to node, until one says that it has it. */
async function untilAcknowledged(
  pools: readonly Pool[],
  { topic, id }: { readonly topic: string; readonly id: string },
  refusals: Map<string, number>,
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const pool = pools[attempt % pools.length];
    const answer = pool === undefined ? undefined : await answered(pool, { topic, id });
    if (answer === "200") return;
    if (answer !== undefined) refusals.set(answer, (refusals.get(answer) ?? 0) + 1);
    await delay(PAUSE_MS);
  }
}

/** `undefined`: the node was gone before or while it answered. */
async function answered(pool: Pool, { topic, id }: { readonly topic: string; readonly id: string }) {
  try {
    const { statusCode, headers, body } = await pool.request({
      method: "POST",
      path: `/publish/${topic}`,
      headers: { "x-kb-messageid": id },
      body: "{}",
    });
    const text = await body.text();
    if (statusCode === 200) return "200";
    const code = /"code":"([^"]+)"/.exec(text)?.[1] ?? text;
    return `${statusCode} ${code}${headers["retry-after"] === undefined ? " without Retry-After" : ""}`;
  } catch {
    return undefined;
  }
}

export interface Ledger {
  readonly lost: readonly string[];
  /** How many pushes of each phase repeat a message that had come before. */
  readonly repeats: readonly number[];
  readonly text: string;
}

/** What of the acknowledged has come to the subscription, and what more than once, but as a replay. */
export function ledgerOf({ acknowledged, received }: NodesTraffic, subscription: string): Ledger {
  const all = received.filter(({ push }) => push.subscription === subscription);
  // What was in flight when a rewind was ordered comes as one of its replays, and only so.
  const delivered = new Set(all.flatMap(({ push }) => (push.status === 200 ? [push.id] : [])));
  const own = all.filter(({ push }) => push.replay === undefined);
  const lost = [...acknowledged].filter((id) => !delivered.has(id));
  const repeats = Array.from({ length: 1 + Math.max(0, ...received.map(({ phase }) => phase)) }, () => 0);
  const seen = new Set<string>();
  for (const { push, phase } of own) {
    if (seen.has(push.id)) repeats[phase] = (repeats[phase] ?? 0) + 1;
    seen.add(push.id);
  }
  const text = `${acknowledged.size} acknowledged, ${lost.length} lost, pushed again by phase ${repeats.join(" ")}`;
  return { lost, repeats, text };
}
