import { readdir } from "node:fs/promises";
import { expect, vi } from "vitest";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import { deferred } from "../support/promises.ts";
import { type Push, startConsumer } from "../support/recording-consumer.ts";
import { type Life, payloadOf } from "./lives.ts";
import { publishAll } from "./publishers.ts";

const PUBLISHERS = 32;
/** Small, so that a run rolls many of them; the last bugs of a journal live at the roll. */
const SEGMENT_BYTES = 1_000_000;
/** The consumer takes so long for a message, so that some are in flight at every moment, and far longer for some, so that the cursor has holes. */
const ANSWER_MS = 3;
const SLOW_ANSWER_MS = 400;
const SLOW_EACH = 20;
const END_WAIT = { timeout: 120_000, interval: 100 };

/** Messages that the consumer refuses until they are dead, over many lives of the broker: too few to look like an outage. */
export const POISON = { ids: Array.from({ length: 2 }, (_, index) => `poison-${index}`), strikes: 9, delay: "700ms" };

export interface Received {
  readonly push: Push;
  readonly life: number;
}

export interface CrashRun {
  /** Ids whose publish was answered 200. */
  readonly acknowledged: ReadonlySet<string>;
  /** What the consumer received, with the number of crashes before it. */
  readonly pushes: readonly Received[];
  /** Messages that the topic holds at the end. */
  readonly stored: number;
  readonly deadLetters: readonly { readonly id: string; readonly attempts: number }[];
  readonly segments: number;
  readonly exitCode: number | null;
}

/** Publishes and pushes without a pause while the broker lives the given lives, each ended by kill -9; then waits until all is quiet. */
export async function runThroughCrashes(lives: readonly Life[], dataDir: string): Promise<CrashRun> {
  const acknowledged = new Set<string>();
  const pushes: Received[] = [];
  let [life, events, count] = [0, 0, 0];
  let [moment, up] = [deferred(), deferred()];
  const happened = () => {
    events += 1;
    if (events === lives[life]?.eventsMax) moment.resolve();
  };

  const consumer = await startConsumer(async (push) => {
    pushes.push({ push, life });
    happened();
    if (POISON.ids.includes(push.id)) return 500;
    const answerMs = pushes.length % SLOW_EACH === 0 ? SLOW_ANSWER_MS : ANSWER_MS;
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    return 200;
  });
  const place = { dataDir, port: await freePort(), more: ["--segment-bytes", String(SEGMENT_BYTES)] };
  let broker = await startBrokerProcess(place);
  await setUp(broker, consumer.url);
  up.resolve();

  const publishing = publishAll({
    url: broker.url,
    topic: "orders",
    countMax: PUBLISHERS,
    up: () => up.promise,
    next: () => {
      const plan = lives[life];
      if (plan === undefined) return undefined;
      const id = `order-${count++}`;
      return { id, payload: payloadOf(id, plan.large && count % 2 === 0) };
    },
    acknowledged: (id) => {
      acknowledged.add(id);
      happened();
    },
  });
  while (life < lives.length) {
    await Promise.race([moment.promise, publishing]);
    up = deferred();
    await broker.end("SIGKILL");
    [life, events, moment] = [life + 1, 0, deferred()];
    broker = await startBrokerProcess(place);
    up.resolve();
  }
  await publishing;
  return { acknowledged, pushes, ...(await settled(broker)), segments: await segmentsIn(dataDir) };
}

async function setUp({ admin }: BrokerProcess, endpoint: string): Promise<void> {
  for (const topic of ["orders", "poison"]) await admin.call("topicCreate", { body: { name: topic } });
  await admin.call("subscriptionCreate", { body: { name: "billing", topic: "orders", endpoint } });
  const retryDelays = Array(POISON.strikes - 1).fill(POISON.delay);
  await admin.call("subscriptionCreate", { body: { name: "refusing", topic: "poison", endpoint, retryDelays } });
  for (const id of POISON.ids) {
    await admin.publish({ topic: "poison", id, attributes: [], payload: new TextEncoder().encode("{}") });
  }
}

/** Waits until nothing is left to do, and stops the broker politely. */
async function settled(broker: BrokerProcess): Promise<Pick<CrashRun, "stored" | "deadLetters" | "exitCode">> {
  const { admin } = broker;
  await vi.waitFor(async () => {
    for (const name of ["billing", "refusing"]) {
      expect(await admin.call("subscriptionLag", { name })).toMatchObject({ lag: 0, parked: 0, inFlight: 0 });
    }
  }, END_WAIT);
  const { messages: stored } = await admin.call("topicDescribe", { name: "orders" });
  const { items: deadLetters } = await admin.call("deadLetterList", { name: "refusing", query: { limit: 1_000 } });
  const { code: exitCode } = await broker.end("SIGTERM");
  return { stored, deadLetters, exitCode };
}

async function segmentsIn(dataDir: string): Promise<number> {
  const files = await readdir(dataDir, { recursive: true });
  return files.filter((file) => file.endsWith(".segment")).length;
}
