import { expect, it } from "vitest";
import type { DeliveryStatus } from "../../../../src/lib/broker/delivery/delivery.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { faultyEngine } from "../../../faults/faulty-engine.ts";
import { bytes, ENDPOINT, HEALTHY, openTestBroker, reportingDelivery } from "../../../support/broker.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const REPORT: DeliveryStatus = {
  health: "ok",
  healthReason: null,
  endpoint: HEALTHY,
  inFlight: 0,
  parked: 1,
  nextAttemptMs: null,
  oldestHeldMs: null,
  cursors: [],
  ackPerS: 0,
};

async function withTwo() {
  const reports = new Map<string, DeliveryStatus>();
  const test = await openTestBroker({ delivery: reportingDelivery(reports) });
  await test.broker.createTopic({ name: "orders", visibility: "private" });
  await test.broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });
  const views = [];
  for (const name of ["a", "b"]) {
    views.push(await test.broker.createSubscription({ name, topic: "orders", endpoint: ENDPOINT, from: "beginning" }));
  }
  const [a = "", b = ""] = views.map(({ subscription }) => subscription.id);
  return { ...test, reports, a, b };
}

it("shows the whole at one look", async () => {
  const { broker, clock, reports, a, b } = await withTwo();
  reports.set(a, REPORT);
  reports.set(b, { ...REPORT, health: "degraded", healthReason: "Nobody is there." });
  await broker.pauseSubscription("b");
  await clock.advance(2_500);

  expect(await broker.status()).toEqual({
    engine: expect.objectContaining({ name: "memory", location: "memory", refusing: null }),
    node: "node-1",
    nodes: 1,
    startedAtMs: clock.now() - 2_500,
    uptimeMs: 2_500,
    topics: 3,
    subscriptions: { active: 1, paused: 1, degraded: 1 },
    degraded: [{ subscription: "b", reason: "Nobody is there." }],
    connectors: { active: 0, paused: 0, degraded: 0, failed: 0, removing: 0, unwell: [] },
    lag: 4,
    parked: 2,
    deadLetters: 0,
  });
});

it("a total with a part that is not known is not known", async () => {
  const { broker, reports, a } = await withTwo();
  reports.set(a, REPORT);

  expect(await broker.status()).toMatchObject({ lag: null, parked: null, deadLetters: 0 });
});

it("without subscriptions nothing lags", async () => {
  const { broker } = await openTestBroker();

  expect(await broker.status()).toMatchObject({ topics: 0, lag: 0, parked: 0, deadLetters: 0 });
});

it("the snapshot for metrics is shared for a second", async () => {
  const { broker, clock, reports, a, b } = await withTwo();
  for (const id of [a, b]) reports.set(id, REPORT);

  const first = await broker.snapshot();
  await clock.advance(999);
  const shared = await broker.snapshot();
  await clock.advance(1);
  const fresh = await broker.snapshot();

  expect(first.map(({ subscription, lag }) => [subscription, lag])).toEqual([
    ["a", 2],
    ["b", 2],
  ]);
  expect(shared).toBe(first);
  expect(fresh).not.toBe(first);
});

it("a snapshot that failed is not shared", async () => {
  const { broker, engine, reports, a } = await withTwo();
  reports.set(a, REPORT);
  const { topic } = await broker.describeTopic("a_errors");
  await engine.log.deleteTopic(topic.id);
  await expect(broker.snapshot()).rejects.toMatchObject({ code: "topic_not_found" });

  await engine.log.createTopic(topic.id).catch(() => undefined);
  const again = broker.snapshot();

  await expect(again).resolves.toHaveLength(2);
});

it("while the storage is out of reach it says so within a second, and claims no numbers", async () => {
  const clock = manualClock();
  const memory = faultyEngine(memoryEngine({ clock }));
  let refusing: string | null = null;
  const engine = { ...memory, status: async () => ({ ...(await memory.status()), refusing }) };
  const { broker } = await openTestBroker({ engine, clock, delivery: reportingDelivery(new Map()) });
  await broker.createTopic({ name: "orders", visibility: "private" });
  await broker.createSubscription({ name: "a", topic: "orders", endpoint: ENDPOINT, from: "beginning" });
  refusing = "Kafka cannot be reached.";
  const held = memory.hold({ call: "log.bounds" });

  const answered = broker.status();
  await held.arrived;
  await clock.advance(1_000);

  expect(await answered).toMatchObject({
    engine: { refusing },
    subscriptions: { active: 1, paused: 0, degraded: 0 },
    ...{ lag: null, parked: null, deadLetters: null },
  });
  held.letGo();
});
