import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { JobReply } from "../../src/lib/api/job.ts";
import type { AdminClient } from "../../src/lib/client/admin.ts";
import { MAX_IN_FLIGHT_DEFAULT } from "../../src/lib/domain/subscription.ts";
import { temporaryDir } from "../e2e/http.ts";
import { type BrokerProcess, freePort, startBrokerProcess } from "../support/broker-process.ts";
import { deferred } from "../support/promises.ts";
import { type RecordingConsumer, startConsumer } from "../support/recording-consumer.ts";
import { publishAll } from "./publishers.ts";

/** Set it to the printed seed to have the same moments again. */
const SEED = Number(process.env.KBROKER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = 20;
/** More than all lives together can deliver, so that the redrive is under way at each kill. */
const LETTERS = 800;
/** Of so many messages one is refused: an endpoint that refuses most of them would be taken for one that is not well. */
const BAD_EACH = 3;
/** Redriven messages that arrive in a life before it is killed. */
const EVENTS_MAX = 20;
/** So that it takes longer than the lives. */
const RATE = 300;
const WAIT = { timeout: 120_000, interval: 50 };

test(`a redrive killed at ${KILLS} random moments: nothing lost, nothing counted twice, a second subscription receives nothing`, {
  timeout: 600_000,
}, async () => {
  let [life, events] = [0, 0];
  const moments = fc.sample(fc.noBias(fc.integer({ min: 0, max: EVENTS_MAX })), { seed: SEED, numRuns: KILLS });
  let moment = deferred();
  const redriven = new Map<string, number>();
  let isMended = false;
  const consumer = await startConsumer(({ id, subscription }) => {
    if (subscription === "billing" && isMended) {
      redriven.set(id, (redriven.get(id) ?? 0) + 1);
      events += 1;
      if (events > (moments[life] ?? Number.POSITIVE_INFINITY)) moment.resolve();
    }
    return subscription === "billing" && !isMended && isBad(id) ? 500 : 200;
  });
  const place = { dataDir: await temporaryDir(), port: await freePort() };
  let broker = await startBrokerProcess(place);
  await prepare(broker, consumer);
  // A clean stop commits everything: what comes to shipping from now on comes from the redrive.
  await broker.end("SIGTERM");
  broker = await startBrokerProcess(place);
  const toOthers = pushesTo(consumer, "shipping");
  isMended = true;

  const order = { rate: RATE, job: "job-1" };
  const ordered = await broker.admin.call("subscriptionRedrive", { name: "billing", body: order });
  while (life < KILLS) {
    await moment.promise;
    await broker.end("SIGKILL");
    [life, events, moment] = [life + 1, 0, deferred()];
    broker = await startBrokerProcess(place);
  }
  const job = await ended(broker.admin, "job-1");
  const again = await broker.admin.call("subscriptionRedrive", { name: "billing", body: order });
  await vi.waitFor(async () => {
    const lag = await broker.admin.call("subscriptionLag", { name: "billing" });
    expect(lag).toMatchObject({ lag: 0, parked: 0, inFlight: 0, deadLetters: 0, setAside: 0 });
  }, WAIT);

  const repeats = Array.from(redriven.values(), (count) => count - 1).reduce((sum, count) => sum + count, 0);
  console.info(
    `redrive, kill -9 ${KILLS} times (KBROKER_TEST_SEED=${SEED}): ${redriven.size} of ${LETTERS}, ${repeats} pushed again.`,
  );
  expect(ordered).toMatchObject({ matched: LETTERS, job: "job-1" });
  expect(job).toMatchObject({ state: "done", matched: LETTERS, redriven: LETTERS });
  expect(again).toMatchObject({ job: "job-1", matched: LETTERS, redriven: LETTERS, state: "done" });
  expect(redriven.size).toBe(LETTERS);
  // After each kill: what was in flight, and what was acknowledged and not committed.
  expect(repeats).toBeLessThanOrEqual(KILLS * (MAX_IN_FLIGHT_DEFAULT + EVENTS_MAX));
  expect(pushesTo(consumer, "shipping")).toBe(toOthers);
  expect((await broker.end("SIGTERM")).code).toBe(0);
});

const isBad = (id: string) => Number(id.replace("order-", "")) % BAD_EACH === 0;

const pushesTo = ({ pushes }: RecordingConsumer, name: string) =>
  pushes.filter(({ subscription }) => subscription === name).length;

/** Billing has given up on everything, shipping has received everything, and both are durable. */
async function prepare({ admin, url }: BrokerProcess, { url: endpoint }: RecordingConsumer): Promise<void> {
  await admin.call("topicCreate", { body: { name: "orders" } });
  for (const name of ["billing", "shipping"]) {
    await admin.call("subscriptionCreate", { body: { name, topic: "orders", endpoint, retryDelays: ["1ms"] } });
  }
  let count = 0;
  await publishAll({
    ...{ url, topic: "orders", countMax: 32, up: async () => undefined, acknowledged: () => undefined },
    next: () => (count < LETTERS * BAD_EACH ? { id: `order-${count++}`, payload: "{}" } : undefined),
  });
  await vi.waitFor(async () => {
    const [billing, shipping] = await Promise.all(
      ["billing", "shipping"].map((name) => admin.call("subscriptionLag", { name })),
    );
    expect(billing).toMatchObject({ lag: 0, parked: 0, deadLetters: LETTERS });
    expect(shipping).toMatchObject({ lag: 0, inFlight: 0 });
  }, WAIT);
}

async function ended(admin: AdminClient, name: string): Promise<JobReply> {
  return await vi.waitFor(async () => {
    const job = await admin.call("jobDescribe", { name });
    expect(job.state).not.toBe("running");
    return job;
  }, WAIT);
}
