import { expect, test, vi } from "vitest";
import { systemClock } from "../../src/lib/system-clock.ts";
import { temporaryDir } from "../e2e/http.ts";
import { openIn } from "../lib/engine/embedded/fixtures.ts";
import { type BrokerProcess, startBrokerProcess } from "../support/broker-process.ts";
import { deferred } from "../support/promises.ts";
import { startConsumer } from "../support/recording-consumer.ts";
import { planLives } from "./lives.ts";

/** Set it to the printed seed to have the same lives again. */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const CRASHES = 10;
const COUNT = 10_000;
/** Those that are not overdue at the start come due over this time. */
const SPREAD_MS = 10_000;
const END_WAIT = { timeout: 180_000, interval: 100 };

test(`a broker killed ${CRASHES} times while it fires scheduled messages publishes each of them, and each once`, {
  timeout: 600_000,
}, async () => {
  const dataDir = await temporaryDir();
  const received = new Set<string>();
  const lives = planLives(SEED, { short: CRASHES, long: 0 }).map(({ eventsMax }) => eventsMax);
  let [events, moment] = [0, deferred()];
  const { url: endpoint } = await startConsumer(async ({ id }) => {
    received.add(id);
    events += 1;
    if (events === lives[0]) moment.resolve();
    return 200;
  });
  let broker = await startBrokerProcess({ dataDir });
  await broker.admin.call("topicCreate", { body: { name: "orders" } });
  await broker.admin.call("subscriptionCreate", { body: { name: "billing", topic: "orders", endpoint } });
  const { id: topicId } = await broker.admin.call("topicDescribe", { name: "orders" });
  await broker.end("SIGTERM");
  await scheduleIn(dataDir, topicId);

  broker = await startBrokerProcess({ dataDir });
  while (lives.length > 0) {
    await moment.promise;
    await broker.end("SIGKILL");
    lives.shift();
    [events, moment] = [0, deferred()];
    broker = await startBrokerProcess({ dataDir });
  }
  await allFired(broker);
  await vi.waitFor(() => expect(received.size).toBe(COUNT), END_WAIT);
  const { messages } = await broker.admin.call("topicDescribe", { name: "orders" });
  const { code } = await broker.end("SIGTERM");

  console.info(
    `kill -9 while firing, ${CRASHES} times (KBROKER_TEST_SEED=${SEED}): ${COUNT} scheduled, ${messages} stored.`,
  );
  expect(messages).toBe(COUNT);
  expect(code).toBe(0);
});

/** Past the wire, on which five minutes is the least: half of them overdue already, half in the next seconds. */
async function scheduleIn(dir: string, topicId: string): Promise<void> {
  const { engine } = await openIn(dir, { clock: systemClock });
  const nowMs = Date.now();
  const put = (_: unknown, index: number) => {
    const dueMs = nowMs + Math.round((index / COUNT - 0.5) * 2 * SPREAD_MS);
    const message = { id: `m-${index}`, attributes: [], payload: new TextEncoder().encode(`"${"x".repeat(300)}"`) };
    return engine.schedules.put({ topicId, topic: "orders", message, scheduledAtMs: nowMs, dueMs });
  };
  await Promise.all(Array.from({ length: COUNT }, put));
  await engine.close();
}

async function allFired({ admin }: BrokerProcess): Promise<void> {
  const left = () => admin.call("brokerStatus").then(({ scheduled }) => scheduled);
  await vi.waitFor(async () => expect(await left()).toBe(0), END_WAIT);
}
