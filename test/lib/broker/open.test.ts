import { expect, it } from "vitest";
import { memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../../src/lib/engine/memory/storage.ts";
import { faultyEngine } from "../../faults/faulty-engine.ts";
import { bytes, ENDPOINT, openTestBroker, reportingDelivery } from "../../support/broker.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { isPending } from "../../support/promises.ts";

it("a broker that stops takes nothing new, and still shows what it has", async () => {
  const { broker, storage } = await openTestBroker();
  await broker.createTopic({ name: "orders", visibility: "private" });
  await broker.createSubscription({ name: "billing", topic: "orders", endpoint: ENDPOINT });
  await broker.start();
  await broker.stop(1_000);
  const before = structuredClone(storage);

  const stopping = { code: "broker_stopping" };
  const publishing = broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });
  await expect(publishing).rejects.toMatchObject(stopping);
  await expect(broker.createTopic({ name: "b", visibility: "private" })).rejects.toMatchObject(stopping);
  await expect(broker.createSchema("orders", "{}")).rejects.toMatchObject(stopping);
  await expect(broker.pauseSubscription("billing")).rejects.toMatchObject(stopping);
  await expect(broker.start()).rejects.toMatchObject(stopping);

  expect(storage).toEqual(before);
  expect(await broker.lag("billing")).toMatchObject({ subscription: "billing" });
});

it("finishes a change that has begun before it has stopped", async () => {
  const clock = manualClock();
  const storage = memoryStorage();
  const engine = faultyEngine(memoryEngine({ clock, storage }));
  const { broker } = await openTestBroker({ clock, engine });
  const held = engine.hold({ call: "catalog.put" });
  const creating = broker.createTopic({ name: "orders", visibility: "public", schema: "{}" });
  await held.arrived;

  const stopping = broker.stop(0);
  expect(await isPending(stopping)).toBe(true);
  held.letGo();
  await stopping;

  expect([...storage.documents.keys()]).toEqual(["schema/orders", "topic/orders"]);
  await creating;
});

it("stops the delivery with the time it was given to drain", async () => {
  const calls: string[] = [];
  const delivery = {
    ...reportingDelivery(),
    start: async () => void calls.push("start"),
    stop: async (drainMs: number) => void calls.push(`stop ${drainMs}`),
  };
  const { broker } = await openTestBroker({ delivery });

  await broker.start();
  await broker.stop(20_000);

  expect(calls).toEqual(["start", "stop 20000"]);
});

it("knows after a restart all that it knew before", async () => {
  const first = await openTestBroker();
  await first.broker.createTopic({ name: "orders", visibility: "public", schema: "{}" });
  await first.broker.createSubscription({ name: "billing", topic: "orders", endpoint: ENDPOINT });
  await first.broker.publish({ topic: "orders", id: "a", attributes: [], payload: bytes("1") });

  const { broker } = await openTestBroker({ storage: first.storage, clock: first.clock });

  expect(await broker.listTopics()).toEqual(await first.broker.listTopics());
  expect(await broker.listSubscriptions()).toEqual(await first.broker.listSubscriptions());
  expect(await broker.describeSchema("orders")).toEqual(await first.broker.describeSchema("orders"));
  const again = broker.publish({ topic: "orders", id: "a", attributes: [], payload: bytes("1") });
  expect(await again).toMatchObject({ duplicate: true });
});
