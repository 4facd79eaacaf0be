import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { type Push, startConsumer } from "../support/recording-consumer.ts";

const PUBLISHERS_EACH = 4;
/** A node that is frozen takes connections and says nothing. */
const ANSWER_MS_MAX = 60_000;
/** A bound on what hangs, not on what is slow. */
const PUSHED_MS_MAX = 240_000;
/** The 10 s that an append may take from the call on, and generous slack: what is later waited for something else as well. */
export const REFUSAL_MS_MAX = 15_000;
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

/** What a publish met instead of 200. */
export interface Trouble {
  readonly url: string;
  /** `undefined`: the node was gone before or while it answered, or was silent for too long. */
  readonly answer: string | undefined;
  /** How many phases were over when the request began. */
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
  /** The same one by one, and requests without an answer, in order. */
  readonly troubles: readonly Trouble[];
  /** How long the slowest answer took: of the refusals, and of all. */
  readonly slowest: { readonly refusalMs: number; readonly answerMs: number };
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
  const troubles: Trouble[] = [];
  const slowest = { refusalMs: 0, answerMs: 0 };
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
    troubles,
    slowest,
    nextPhase() {
      phase += 1;
    },
    pushed(count) {
      const { length } = received;
      return new Promise((resolve, reject) => {
        const tooLate = () => reject(new Error(`Of ${count} pushes ${received.length - length} came in time.`));
        const timer = setTimeout(tooLate, PUSHED_MS_MAX);
        const done = () => {
          clearTimeout(timer);
          resolve();
        };
        waiting.add({ count: length + count, done });
      });
    },
    publish(urls, { topic, countMax = Number.POSITIVE_INFINITY, pauseMs = 0 }) {
      let left = countMax;
      const pools = urls.map((url) => new Pool(url, { connections: PUBLISHERS_EACH, headersTimeout: ANSWER_MS_MAX }));
      const asks = pools.map((pool, index) => async (id: string): Promise<boolean> => {
        const [startedPhase, startedMs] = [phase, performance.now()];
        const answer = await answered(pool, { topic, id });
        const ms = performance.now() - startedMs;
        if (answer !== undefined) slowest.answerMs = Math.max(slowest.answerMs, ms);
        if (answer === "200") return true;
        if (answer !== undefined) {
          slowest.refusalMs = Math.max(slowest.refusalMs, ms);
          refusals.set(answer, (refusals.get(answer) ?? 0) + 1);
        }
        troubles.push({ url: urls[index] ?? "", answer, phase: startedPhase });
        return false;
      });
      const one = async (first: number) => {
        while (left > 0) {
          left -= 1;
          published += 1;
          const id = `message-${published}`;
          await untilAcknowledged(asks.slice(first).concat(asks.slice(0, first)), id);
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
async function untilAcknowledged(asks: readonly ((id: string) => Promise<boolean>)[], id: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    if (await asks[attempt % asks.length]?.(id)) return;
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

/** What of the acknowledged has come to the subscription, and what more than once, but as a replay or because the consumer refused it. */
export function ledgerOf({ acknowledged, received }: NodesTraffic, subscription: string): Ledger {
  const all = received.filter(({ push }) => push.subscription === subscription);
  // What was in flight when a rewind was ordered comes as one of its replays, and only so.
  const delivered = new Set(all.flatMap(({ push }) => (push.status === 200 ? [push.id] : [])));
  const own = all.filter(({ push: { replay, status = 200 } }) => replay === undefined && status === 200);
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

/** Which of those messages a rewind has brought again. */
export function replaysOf({ received }: NodesTraffic, of: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(received.flatMap(({ push: { id, replay } }) => (replay !== undefined && of.has(id) ? [id] : [])));
}
