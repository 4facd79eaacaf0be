import { describe, expect, it } from "vitest";
import type { CreateSubscription } from "../../../../src/lib/broker/requests/subscriptions.ts";
import { RETRY_DEFAULT } from "../../../../src/lib/domain/retry.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../../../src/lib/engine/memory/storage.ts";
import { bytes, ENDPOINT, openTestBroker } from "../../../support/broker.ts";
import { failingAt } from "../../../support/failing-engine.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const HOUR_MS = 3_600_000;
const BILLING: CreateSubscription = { name: "billing", topic: "orders", endpoint: ENDPOINT };

async function open(options: Parameters<typeof openTestBroker>[0] = {}) {
  const test = await openTestBroker(options);
  await test.broker.createTopic({ name: "orders", visibility: "private" });
  const publish = () => test.broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });
  return { ...test, publish };
}

it("creates an active subscription with the defaults and its dead letter topic", async () => {
  const { broker, clock } = await open();
  const { topic } = await broker.describeTopic("orders");

  const view = await broker.createSubscription(BILLING);

  expect(view).toEqual({
    subscription: {
      name: "billing",
      id: expect.any(String),
      topic: "orders",
      topicId: topic.id,
      endpoint: ENDPOINT,
      state: "active",
      retry: RETRY_DEFAULT,
      timeoutMs: 30_000,
      maxInFlight: 100,
      deadLetterTopic: "billing_errors",
      generation: 0,
      createdAtMs: clock.now(),
    },
    health: "unknown",
    healthReason: expect.any(String),
    endpoint: null,
    lag: null,
    parked: null,
    deadLetters: 0,
    setAside: null,
  });
  expect(await broker.describeSubscription("billing")).toEqual(view);
  expect(await broker.describeTopic("billing_errors")).toMatchObject({
    topic: { purpose: "dead-letter", visibility: "private", ttlMs: 7 * 24 * HOUR_MS },
  });
});

it("keeps what was asked for", async () => {
  const { broker } = await open();

  const { subscription } = await broker.createSubscription({
    ...BILLING,
    retryDelaysMs: [1_000, 2_000],
    timeoutMs: 1_000,
    maxInFlight: 1_000,
  });

  expect(subscription).toMatchObject({
    retry: { kind: "list", delaysMs: [1_000, 2_000] },
    timeoutMs: 1_000,
    maxInFlight: 1_000,
  });
});

describe("its position is durable when the command answers", () => {
  it.each([
    [undefined, 3],
    ["latest", 3],
    ["beginning", 0],
    ["90m", 2],
    ["2026-01-01T01:00:00Z", 1],
    ["0s", 3],
    ["7d", 0],
  ])("from %s", async (from, low) => {
    const { broker, clock, publish, engine } = await open({ clock: manualClock(Date.UTC(2026, 0, 1)) });
    for (let hour = 0; hour < 3; hour += 1) {
      await publish();
      await clock.advance(HOUR_MS);
    }

    const { subscription } = await broker.createSubscription({ ...BILLING, ...(from === undefined ? {} : { from }) });

    expect(await engine.cursors.load(subscription.id)).toMatchObject([
      {
        shard: { topicId: subscription.topicId, index: 0 },
        cursor: { low, above: [], subscriptionId: subscription.id, topicId: subscription.topicId, expired: 0 },
      },
    ]);
  });

  it("from the beginning means what is alive: nobody could be sent what expired", async () => {
    const { broker, clock, publish, engine } = await open();
    await publish();
    await clock.advance(7 * 24 * HOUR_MS);
    await publish();

    const { subscription } = await broker.createSubscription({ ...BILLING, from: "beginning" });

    expect((await engine.cursors.load(subscription.id))[0]?.cursor.low).toBe(1);
  });
});

describe("refuses, and changes nothing", () => {
  it.each([
    ["the same name, whatever the settings", { name: "a.b", endpoint: "http://127.0.0.1:1/" }, "subscription_exists"],
    ["a name that differs only in . and _", { name: "a_b" }, "subscription_exists"],
    ["a reserved name", { name: "x_errors" }, "invalid_request"],
    ["a name of 191 characters", { name: "x".repeat(191) }, "invalid_request"],
    ["an unknown topic", { topic: "order" }, "topic_not_found"],
    ["an endpoint that nobody may push to", { endpoint: "ftp://a/" }, "endpoint_forbidden"],
    ["a start that is none", { from: "yesterday" }, "invalid_request"],
    ["a timeout of 0.9 s", { timeoutMs: 900 }, "invalid_request"],
    ["a timeout of 121 s", { timeoutMs: 121_000 }, "invalid_request"],
    ["no message in flight", { maxInFlight: 0 }, "invalid_request"],
    ["1 001 messages in flight", { maxInFlight: 1_001 }, "invalid_request"],
    ["half a message in flight", { maxInFlight: 1.5 }, "invalid_request"],
    ["no delays", { retryDelaysMs: [] }, "invalid_request"],
    ["51 delays", { retryDelaysMs: new Array(51).fill(1) }, "invalid_request"],
    ["a delay of 0", { retryDelaysMs: [1, 0] }, "invalid_request"],
    ["a delay over a day", { retryDelaysMs: [86_400_001] }, "invalid_request"],
    ["a dead letter topic whose name is taken but for . and _", { name: "c" }, "topic_exists"],
  ])("%s", async (_what, part, code) => {
    const { broker, storage } = await open();
    await broker.createSubscription({ ...BILLING, name: "a.b" });
    await broker.createTopic({ name: "c.errors", visibility: "private" });
    const before = structuredClone(storage);

    await expect(broker.createSubscription({ ...BILLING, ...part })).rejects.toMatchObject({ code });

    expect(storage).toEqual(before);
  });
});

it("a private topic takes five, a public one as many as come", async () => {
  const { broker } = await open();
  await broker.createTopic({ name: "news", visibility: "public" });
  const create = (topic: string, count: number) =>
    Promise.allSettled(
      Array.from({ length: count }, (_, index) =>
        broker.createSubscription({ ...BILLING, topic, name: `${topic}-${index}` }),
      ),
    );

  const onPrivate = await create("orders", 6);
  const onPublic = await create("news", 6);

  expect(onPrivate.map(({ status }) => status)).toEqual([...new Array(5).fill("fulfilled"), "rejected"]);
  expect(onPrivate[5]).toMatchObject({ reason: { code: "subscription_limit" } });
  expect(onPublic.every(({ status }) => status === "fulfilled")).toBe(true);
});

describe("a creation that fails", () => {
  it.each([1, 2, 3, 4])("at write %i leaves nothing, and the same command works afterwards", async (at) => {
    const clock = manualClock();
    const storage = memoryStorage();
    await open({ clock, storage });
    const engine = failingAt(memoryEngine({ clock, storage }), at, "once");
    const { broker } = await openTestBroker({ clock, storage, engine });
    const before = structuredClone(storage);

    await expect(broker.createSubscription(BILLING)).rejects.toMatchObject({ code: "disk_full" });

    expect(storage).toEqual(before);
    expect(await broker.createSubscription(BILLING)).toMatchObject({ deadLetters: 0 });
  });

  it.each([1, 2, 3, 4])("by a crash at write %i is not there afterwards, and can be repeated", async (at) => {
    const clock = manualClock();
    const storage = memoryStorage();
    await open({ clock, storage });
    const engine = failingAt(memoryEngine({ clock, storage }), at, "for good");
    const crashing = await openTestBroker({ clock, storage, engine });
    await expect(crashing.broker.createSubscription(BILLING)).rejects.toMatchObject({ code: "disk_full" });

    const { broker } = await openTestBroker({ clock, storage });

    expect(await broker.listSubscriptions()).toEqual([]);
    expect(await broker.createSubscription(BILLING)).toMatchObject({ deadLetters: 0 });
  });
});

describe("pause and resume", () => {
  it("change the state, twice is fine, and it outlives a restart", async () => {
    const { broker, clock, storage } = await open();
    await broker.createSubscription(BILLING);

    const paused = await broker.pauseSubscription("billing");
    const again = await broker.pauseSubscription("billing");
    const reopened = await openTestBroker({ clock, storage });
    const resumed = await reopened.broker.resumeSubscription("billing");

    expect([paused, again, resumed].map(({ subscription }) => subscription.state)).toEqual([
      "paused",
      "paused",
      "active",
    ]);
    expect((await reopened.broker.describeSubscription("billing")).subscription.state).toBe("active");
  });

  it("pausing what is paused writes nothing", async () => {
    const { broker, storage } = await open();
    await broker.createSubscription(BILLING);
    await broker.pauseSubscription("billing");
    const before = structuredClone(storage);

    await broker.pauseSubscription("billing");

    expect(storage).toEqual(before);
  });

  it("many at once end in the last one's state", async () => {
    const { broker } = await open();
    await broker.createSubscription(BILLING);

    await Promise.all([
      broker.pauseSubscription("billing"),
      broker.resumeSubscription("billing"),
      broker.pauseSubscription("billing"),
    ]);

    expect((await broker.describeSubscription("billing")).subscription.state).toBe("paused");
  });

  it("name the nearest when there is no such subscription", async () => {
    const { broker } = await open();
    await broker.createSubscription(BILLING);

    await expect(broker.pauseSubscription("biling")).rejects.toMatchObject({
      code: "subscription_not_found",
      hint: "kbroker subscription describe billing",
    });
  });
});

it("tries an endpoint only where pushes may go", async () => {
  const { broker } = await open();

  expect(await broker.checkEndpoint(ENDPOINT)).toMatchObject({ kind: "answered", status: 204 });
  await expect(broker.checkEndpoint("gopher://x")).rejects.toMatchObject({ code: "endpoint_forbidden" });
});

it("keeps which answers are final and what becomes of messages that are refused", async () => {
  const { broker } = await open();

  const { subscription } = await broker.createSubscription({
    ...{ ...BILLING, permanentStatuses: [400, 422], onRejecting: "dead-letter" },
  });

  expect(subscription).toMatchObject({ permanentStatuses: [400, 422], onRejecting: "dead-letter" });
});

it.each([[[200]], [[410]], [[400, 503]], [[429]], [[400.5]], [Array.from({ length: 51 }, () => 400)]])(
  "refuses permanent statuses %j, and makes nothing",
  async (permanentStatuses) => {
    const { broker } = await open();

    const creation = broker.createSubscription({ ...BILLING, permanentStatuses });

    await expect(creation).rejects.toMatchObject({ code: "invalid_request" });
    expect(await broker.listSubscriptions()).toEqual([]);
  },
);

it("a resume forgets why the broker itself had paused it, a pause does not", async () => {
  const { broker, engine } = await open();
  await broker.createSubscription(BILLING);
  const document = await engine.catalog.get("subscription", "billing");
  const gone = { ...Object(document?.value), state: "paused", pausedBecause: "410" };
  await engine.catalog.put("subscription", "billing", gone, document?.version ?? 0);

  const paused = await broker.pauseSubscription("billing");
  const resumed = await broker.resumeSubscription("billing");

  expect(paused.subscription).toMatchObject({ state: "paused", pausedBecause: "410" });
  expect(resumed.subscription.state).toBe("active");
  expect(resumed.subscription).not.toHaveProperty("pausedBecause");
});
