import { describe, expect, it } from "vitest";
import type { DeliveryStatus } from "../../../../src/lib/broker/delivery/delivery.ts";
import { cursorAt, type OffsetRange, settle } from "../../../../src/lib/domain/cursor.ts";
import { bytes, ENDPOINT, HEALTHY, openTestBroker, reportingDelivery } from "../../../support/broker.ts";

const HOUR_MS = 3_600_000;

/** A subscription from the beginning of a topic with `count` messages, one a minute, and an owner that reports what `report` is given. */
async function behind(count: number) {
  const reports = new Map<string, DeliveryStatus>();
  const test = await openTestBroker({ delivery: reportingDelivery(reports) });
  const { broker, clock } = test;
  await broker.createTopic({ name: "orders", visibility: "private", ttlMs: HOUR_MS });
  const request = { name: "billing", topic: "orders", endpoint: ENDPOINT, from: "beginning" };
  const { subscription } = await broker.createSubscription(request);
  const publish = () => broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });
  for (let index = 0; index < count; index += 1) {
    await publish();
    await clock.advance(60_000);
  }
  const identity = { topicId: subscription.topicId, subscriptionId: subscription.id };
  const shard = { topicId: subscription.topicId, index: 0 };
  const report = (settled: readonly OffsetRange[], more: Partial<DeliveryStatus> = {}) => {
    const cursor = { ...settled.reduce(settle, cursorAt(0, identity)), expired: 2, damaged: 1 };
    const status = {
      health: "ok",
      healthReason: null,
      endpoint: HEALTHY,
      inFlight: 0,
      parked: 0,
      nextAttemptMs: null,
    } as const;
    const cursors = [{ shard, cursor }];
    reports.set(subscription.id, { ...status, oldestHeldMs: null, cursors, ackPerS: 0, ...more });
  };
  return { ...test, subscription, publish, report, shard, identity, startMs: clock.now() - count * 60_000 };
}

it("is what is neither settled nor expired, and what is parked", async () => {
  const { broker, clock, report } = await behind(10);
  report(
    [
      { from: 0, to: 3 },
      { from: 5, to: 7 },
    ],
    { inFlight: 2, parked: 4, nextAttemptMs: clock.now() + 5_000, oldestHeldMs: clock.now() - 420_000, ackPerS: 0.5 },
  );

  const lag = await broker.lag("billing");

  expect(lag).toEqual({
    subscription: "billing",
    topic: "orders",
    state: "active",
    health: "ok",
    healthReason: null,
    endpoint: HEALTHY,
    lag: 9,
    inFlight: 2,
    parked: 4,
    nextAttemptMs: clock.now() + 5_000,
    expired: 2,
    damaged: 1,
    scheduled: 0,
    deadLetters: 0,
    setAside: null,
    oldestUndelivered: { publishTimeMs: clock.now() - 420_000, ageMs: 420_000 },
    rates: { publishPerS: 1 / 60, ackPerS: 0.5, windowS: 60 },
    drainMs: Math.round((9 / (0.5 - 1 / 60)) * 1_000),
    asOfMs: clock.now(),
    owner: "node-1",
    shards: [{ shard: 0, start: 0, low: 3, end: 10, lag: 5 }],
  });
});

it("does not count what is past its time to live, settled or not", async () => {
  const { broker, clock, report, publish } = await behind(10);
  await clock.advance(HOUR_MS - 5 * 60_000 - 1);
  await publish();
  report([{ from: 4, to: 7 }]);

  const [before] = (await broker.lag("billing")).shards;
  await clock.advance(1);
  const [after] = (await broker.lag("billing")).shards;

  expect(before).toEqual({ shard: 0, start: 5, low: 0, end: 11, lag: 4 });
  expect(after).toEqual({ shard: 0, start: 6, low: 0, end: 11, lag: 4 });
});

describe("without an owner", () => {
  it("what only an owner knows is null, never 0, and the shards show what was committed", async () => {
    const { broker, engine, subscription, shard, identity } = await behind(10);
    await engine.cursors.init(subscription.id, [{ shard, cursor: cursorAt(6, identity) }]);

    expect(await broker.lag("billing")).toMatchObject({
      health: "unknown",
      lag: null,
      inFlight: null,
      parked: null,
      expired: null,
      damaged: null,
      oldestUndelivered: null,
      rates: null,
      drainMs: null,
      owner: null,
      deadLetters: 0,
      shards: [{ shard: 0, start: 0, low: 6, end: 10, lag: 4 }],
    });
  });

  it("a cursor of an earlier subscription or topic of the same name is not believed", async () => {
    const { broker, engine, subscription, shard, identity } = await behind(10);
    const other = cursorAt(6, { ...identity, subscriptionId: "earlier" });
    await engine.cursors.init(subscription.id, [{ shard, cursor: other }]);

    expect((await broker.lag("billing")).shards).toMatchObject([{ low: 0, lag: 10 }]);
  });
});

describe("the oldest undelivered message", () => {
  it("is the first in the log that is not settled, also behind a gap", async () => {
    const { broker, report, startMs } = await behind(10);
    report([{ from: 0, to: 2 }], { oldestHeldMs: null });

    expect((await broker.lag("billing")).oldestUndelivered).toEqual({
      publishTimeMs: startMs + 2 * 60_000,
      ageMs: 8 * 60_000,
    });
  });

  it("is none when there is no lag", async () => {
    const { broker, report } = await behind(10);
    report([{ from: 0, to: 10 }]);

    expect(await broker.lag("billing")).toMatchObject({ lag: 0, oldestUndelivered: null, drainMs: 0 });
  });

  it("is alive: what expired before is not waited for", async () => {
    const { broker, clock, report, startMs } = await behind(10);
    report([{ from: 6, to: 7 }]);
    await clock.advance(HOUR_MS - 4 * 60_000);

    expect((await broker.lag("billing")).oldestUndelivered?.publishTimeMs).toBe(startMs + 7 * 60_000);
  });
});

it("the publish rate is of the last 60 s, or since the topic exists", async () => {
  const { broker, clock, report, publish } = await behind(0);
  report([]);
  await clock.advance(10_000);
  for (let index = 0; index < 30; index += 1) await publish();

  const young = await broker.lag("billing");
  await clock.advance(60_000);
  const quiet = await broker.lag("billing");
  await clock.advance(1);
  const gone = await broker.lag("billing");

  expect(young.rates?.publishPerS).toBe(3);
  expect(quiet.rates?.publishPerS).toBe(0.5);
  expect(gone.rates?.publishPerS).toBe(0);
});

it("counts the dead letters that are kept", async () => {
  const { broker, engine, report } = await behind(1);
  report([]);
  const { topic } = await broker.describeTopic("billing_errors");
  await engine.log.append(topic.id, [{ id: "a", attributes: [], payload: bytes("1") }]);

  expect(await broker.lag("billing")).toMatchObject({ deadLetters: 1 });
  expect(await broker.describeSubscription("billing")).toMatchObject({
    deadLetters: 1,
    lag: 1,
    parked: 0,
    health: "ok",
  });
});

it("a subscription that is not there is named with its nearest", async () => {
  const { broker } = await behind(0);

  await expect(broker.lag("bilings")).rejects.toMatchObject({ code: "subscription_not_found" });
});
