import { describe, expect, it } from "vitest";
import type { DeliveryStatus } from "../../../src/lib/broker/delivery/delivery.ts";
import { TRIM_GRACE_MS, TRIM_PERIOD_MS } from "../../../src/lib/broker/retention.ts";
import { cursorAt } from "../../../src/lib/domain/cursor.ts";
import { DEDUPE_WINDOW_MS } from "../../../src/lib/domain/topic.ts";
import { type MemoryEngineOptions, memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../../src/lib/engine/memory/storage.ts";
import { bytes, ENDPOINT, HEALTHY, openTestBroker, reportingDelivery } from "../../support/broker.ts";
import { manualClock } from "../../support/manual-clock.ts";

const HOUR_MS = 3_600_000;

/** A topic of one hour with a message a minute for ten minutes, and a broker that trims. */
async function started(options: Pick<MemoryEngineOptions, "remembers"> = {}) {
  const reports = new Map<string, DeliveryStatus>();
  const clock = manualClock();
  const storage = memoryStorage();
  const engine = memoryEngine({ clock, storage, ...options });
  const test = await openTestBroker({ clock, storage, engine, delivery: reportingDelivery(reports) });
  const { broker } = test;
  const { topic } = await broker.createTopic({ name: "orders", visibility: "private", ttlMs: HOUR_MS });
  const shard = { topicId: topic.id, index: 0 };
  for (let index = 0; index < 10; index += 1) {
    await broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });
    await clock.advance(60_000);
  }
  await broker.start();
  const subscribe = async (name: string) => {
    const request = { name, topic: "orders", endpoint: ENDPOINT, from: "beginning" };
    const { subscription } = await broker.createSubscription(request);
    const identity = { topicId: topic.id, subscriptionId: subscription.id };
    /** What the owner has committed up to `low`, and what it holds since `oldestHeldMs`. */
    return async (low: number, oldestHeldMs: number | null = null) => {
      const cursors = [{ shard, cursor: cursorAt(low, identity) }];
      await engine.cursors.init(subscription.id, cursors);
      const status = {
        health: "ok",
        healthReason: null,
        endpoint: HEALTHY,
        inFlight: 0,
        parked: 0,
        nextAttemptMs: null,
      } as const;
      reports.set(subscription.id, { ...status, oldestHeldMs, cursors, ackPerS: 0 });
    };
  };
  const start = async () => (await engine.log.bounds(shard)).start;
  return { ...test, subscribe, start, shard };
}

/** Until `count` of the messages are past their time and their grace. */
const untilGone = (count: number) => HOUR_MS + TRIM_GRACE_MS - (10 - count) * 60_000 + TRIM_PERIOD_MS / 2;

it("gives back what is past its time to live and the grace, and nothing before", async () => {
  const { clock, start } = await started();

  await clock.advance(HOUR_MS + TRIM_GRACE_MS - 10 * 60_000);
  expect(await start()).toBe(0);

  await clock.advance(TRIM_PERIOD_MS);
  expect(await start()).toBe(1);
  await clock.advance(5 * 60_000);
  expect(await start()).toBe(6);
});

it("removes nothing of an imported topic, whatever its time: that is the storage's to do", async () => {
  const { clock, engine, start } = await started();
  const document = await engine.catalog.get("topic", "orders");
  const imported = { ...Object(document?.value), imported: { isCompacted: false } };
  await engine.catalog.put("topic", "orders", imported, document?.version ?? 0);

  await clock.advance(untilGone(6));

  expect(await start()).toBe(0);
});

describe("never passes what a subscription still needs", () => {
  it("what it has not settled, and the slowest of them decides", async () => {
    const { clock, subscribe, start } = await started();
    const [fast, slow] = [await subscribe("fast"), await subscribe("slow")];
    await fast(10);
    await slow(2);

    await clock.advance(untilGone(6));
    expect(await start()).toBe(2);

    await slow(10);
    await clock.advance(TRIM_PERIOD_MS);
    expect(await start()).toBe(7);
  });

  it("what it holds parked or in flight", async () => {
    const { clock, subscribe, start } = await started();
    const report = await subscribe("billing");
    await report(10, clock.now() - 7 * 60_000);

    await clock.advance(untilGone(6));

    expect(await start()).toBe(3);
  });

  it("anything of its topic while nobody owns it", async () => {
    const { clock, subscribe, start } = await started();
    const report = await subscribe("owned");
    await subscribe("not-owned");
    await report(10);

    await clock.advance(untilGone(6));

    expect(await start()).toBe(0);
  });
});

it("a wall clock that jumps forward removes nothing", async () => {
  const { clock, start } = await started();

  clock.jump(30 * 24 * HOUR_MS);
  await clock.advance(3 * TRIM_PERIOD_MS);

  expect(await start()).toBe(0);
});

it("a topic that fails is reported, and the others are trimmed", async () => {
  const { clock, start, broker, engine, notes } = await started();
  const { topic } = await broker.createTopic({ name: "a-broken", visibility: "private" });
  await engine.log.deleteTopic(topic.id);

  await clock.advance(untilGone(6));

  expect(await start()).toBeGreaterThan(0);
  expect(notes.lines).toContain("log error Expired messages could not be removed.");
});

it("ends with the broker", async () => {
  const { clock, start, broker } = await started();

  await broker.stop(0);
  await clock.advance(untilGone(6));

  expect(await start()).toBe(0);
});

it("keeps a first as long as there may be a repeat of it that has not expired", async () => {
  const { clock, start } = await started({ remembers: "engine" });

  await clock.advance(untilGone(3) + DEDUPE_WINDOW_MS - 60_000);
  expect(await start()).toBe(2);
  await clock.advance(60_000);

  expect(await start()).toBe(3);
});

it("keeps a shard that was added since until its readers have come to it", async () => {
  const { clock, storage, shard, subscribe } = await started();
  const owner = await subscribe("billing");
  await owner(10);
  const added = storage.topics.get(shard.topicId)?.shards;
  const [first] = added ?? [];
  if (first === undefined) throw new Error("The topic has no shard.");
  added?.push({ ...first, records: [...first.records] });

  await clock.advance(untilGone(10));

  expect(added?.map(({ start }) => start)).toEqual([10, 0]);
});
