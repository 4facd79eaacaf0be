import { describe, expect, it } from "vitest";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../../../src/lib/engine/memory/storage.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { bytes, ENDPOINT, openTestBroker, type TestBrokerOptions } from "../../../support/broker.ts";
import { failingAt } from "../../../support/failing-engine.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const open = (options: TestBrokerOptions = {}) => openTestBroker({ compileSchema: createCompileSchema(), ...options });
const DAY_MS = 86_400_000;

it("creates a private topic for 7 days, and shows it", async () => {
  const { broker, clock } = await open();

  const view = await broker.createTopic({ name: "orders", visibility: "private" });

  expect(view).toEqual({
    topic: {
      name: "orders",
      id: expect.any(String),
      visibility: "private",
      purpose: "messages",
      ttlMs: 7 * DAY_MS,
      createdAtMs: clock.now(),
    },
    schemaVersion: null,
    subscriptions: [],
    messages: 0,
    layout: null,
  });
  expect(await broker.describeTopic("orders")).toEqual({ ...view, configs: {} });
});

it("lists topics by name with their subscriptions and the messages that are alive", async () => {
  const { broker, clock } = await open();
  await broker.createTopic({ name: "b", visibility: "private", ttlMs: 3_600_000 });
  await broker.createTopic({ name: "a", visibility: "public", schema: "true" });
  await broker.createSubscription({ name: "z", topic: "b", endpoint: ENDPOINT });
  await broker.createSubscription({ name: "y", topic: "b", endpoint: ENDPOINT });
  await broker.publish({ topic: "b", attributes: [], payload: bytes("1") });
  await clock.advance(3_599_999);
  await broker.publish({ topic: "b", attributes: [], payload: bytes("2") });

  const before = await broker.listTopics();
  await clock.advance(1);
  const after = await broker.listTopics();

  expect(before.map(({ topic }) => topic.name)).toEqual(["a", "b", "y_errors", "z_errors"]);
  expect(before[0]).toMatchObject({ schemaVersion: 1, subscriptions: [], messages: 0 });
  expect(before[1]).toMatchObject({ schemaVersion: null, subscriptions: ["y", "z"], messages: 2 });
  expect(after[1]).toMatchObject({ messages: 1 });
});

it("says what is near when there is no such topic", async () => {
  const { broker } = await open();
  await broker.createTopic({ name: "orders", visibility: "private" });

  await expect(broker.describeTopic("ordres")).rejects.toMatchObject({
    code: "topic_not_found",
    hint: "kbroker topic describe orders",
  });
});

describe("refuses, and changes nothing", () => {
  it.each([
    ["the same name, whatever the settings", { name: "a.b", visibility: "public" }, "topic_exists"],
    ["a name that differs only in . and _", { name: "a_b", visibility: "private" }, "topic_exists"],
    ["a reserved name", { name: "x_errors", visibility: "private" }, "invalid_request"],
    ["no name", { name: "", visibility: "private" }, "invalid_request"],
    ["59 minutes", { name: "c", visibility: "private", ttlMs: 59 * 60_000 }, "invalid_request"],
    ["8 days", { name: "c", visibility: "private", ttlMs: 8 * DAY_MS }, "invalid_request"],
    ["no time to live at all", { name: "c", visibility: "private", ttlMs: Number.NaN }, "invalid_request"],
    ["a schema that is none", { name: "c", visibility: "public", schema: "{" }, "schema_invalid"],
    ["a name that only a dead letter topic may be near", { name: "s.errors", visibility: "private" }, "topic_exists"],
  ] as const)("%s", async (_what, request, code) => {
    const { broker, storage } = await open();
    await broker.createTopic({ name: "a.b", visibility: "private" });
    await broker.createSubscription({ name: "s", topic: "a.b", endpoint: ENDPOINT });
    const before = structuredClone(storage);

    await expect(broker.createTopic(request)).rejects.toMatchObject({ code });

    expect(storage).toEqual(before);
  });
});

it("of two that create the same name at once one wins", async () => {
  const { broker } = await open();

  const results = await Promise.allSettled(
    ["a.b", "a_b", "a.b"].map((name) => broker.createTopic({ name, visibility: "private" })),
  );

  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(await broker.listTopics()).toHaveLength(1);
});

it("a race with another node for the name is lost as a conflict, and nothing is left behind", async () => {
  const { broker, storage, engine } = await open();
  const put = engine.catalog.put;
  const rival = { id: "rival", name: "a", visibility: "private", purpose: "messages", ttlMs: 1, createdAtMs: 1 };
  const racing = {
    ...engine.catalog,
    put: async (...args: Parameters<typeof put>) => {
      if (args[0] === "topic") await put("topic", "a", rival, 0);
      return put(...args);
    },
  };
  const late = await open({ engine: { ...engine, catalog: racing } });

  await expect(late.broker.createTopic({ name: "a", visibility: "public", schema: "{}" })).rejects.toMatchObject({
    code: "topic_exists",
  });

  expect([...storage.topics.keys()]).toEqual([]);
  expect([...storage.documents.keys()]).toEqual(["topic/a"]);
  expect(await broker.describeTopic("a").catch((error: unknown) => error)).toMatchObject({ code: "topic_not_found" });
});

describe("topic and schema are created both or neither", () => {
  const request = { name: "orders", visibility: "public", schema: '{"type": "object"}' } as const;

  it.each([1, 2, 3])("when write %i fails, nothing is left, and the same command works afterwards", async (at) => {
    const clock = manualClock();
    const storage = memoryStorage();
    const engine = failingAt(memoryEngine({ clock, storage }), at, "once");
    const { broker } = await open({ engine, clock, storage });
    const before = structuredClone(storage);

    await expect(broker.createTopic(request)).rejects.toMatchObject({ code: "disk_full" });

    expect(storage).toEqual(before);
    expect(await broker.createTopic(request)).toMatchObject({ schemaVersion: 1 });
  });

  it.each([1, 2, 3])("after a crash at write %i the topic is not there, and the same command works", async (at) => {
    const clock = manualClock();
    const storage = memoryStorage();
    const crashing = failingAt(memoryEngine({ clock, storage }), at, "for good");
    const first = await open({ engine: crashing, clock, storage });
    await expect(first.broker.createTopic(request)).rejects.toMatchObject({ code: "disk_full" });

    const { broker } = await open({ clock, storage });

    expect(await broker.listTopics()).toEqual([]);
    expect(await broker.createTopic({ ...request, schema: '{"type": "array"}' })).toMatchObject({ schemaVersion: 1 });
    expect((await broker.describeSchema("orders")).definition).toBe('{"type": "array"}');
  });
});
