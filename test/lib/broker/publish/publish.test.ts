import { describe, expect, it } from "vitest";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { bytes, openTestBroker, type TestBroker } from "../../../support/broker.ts";

const ALL = { countMax: 100, bytesMax: 1_000_000 };

async function withTopic(options: Parameters<typeof openTestBroker>[0] = {}) {
  const test = await openTestBroker({ compileSchema: createCompileSchema(), ...options });
  const { topic } = await test.broker.createTopic({ name: "orders", visibility: "private" });
  const stored = async () => (await test.engine.log.read({ topicId: topic.id, index: 0 }, 0, ALL)).records;
  const publish = (payload: string, more: Partial<Parameters<TestBroker["broker"]["publish"]>[0]> = {}) =>
    test.broker.publish({ topic: "orders", attributes: [], payload: bytes(payload), ...more });
  return { ...test, stored, publish };
}

it("stores what is published, byte for byte, duplicate keys and spelling of numbers included", async () => {
  const { publish, stored, clock, notes } = await withTopic();
  const text = ' {"a": 1.0, "a": 2} ';

  const published = await publish(text, { id: "o-1", key: "k 1", attributes: [["event-type", "created"]] });

  const timeMs = clock.now();
  expect(published).toEqual({ id: "o-1", topic: "orders", publishTimeMs: timeMs, duplicate: false });
  expect(await stored()).toEqual([
    { id: "o-1", key: "k 1", attributes: [["event-type", "created"]], payload: bytes(text), offset: 0, timeMs },
  ]);
  expect(notes.lines).toEqual(["published orders stored"]);
});

it("makes an id where none is given, and deduplicates nothing then", async () => {
  const { publish, stored } = await withTopic({ newId: () => "made" });

  const first = await publish("1");
  const second = await publish("1");

  expect([first.duplicate, second.duplicate]).toEqual([false, false]);
  expect((await stored()).map(({ id }) => id)).toEqual(["made", "made"]);
});

describe("an id that the caller gives", () => {
  it("published again with the same bytes is stored once and answered with the first's time", async () => {
    const { publish, stored, clock, notes } = await withTopic();
    const first = await publish("1", { id: "a" });
    await clock.advance(599_999);

    const again = await publish("1", { id: "a" });

    expect(again).toEqual({ ...first, duplicate: true });
    expect(await stored()).toHaveLength(1);
    expect(notes.lines).toEqual(["published orders stored", "published orders duplicate"]);
  });

  it("is another message once ten minutes are over", async () => {
    const { publish, stored, clock } = await withTopic();
    await publish("1", { id: "a" });
    await clock.advance(600_001);

    const again = await publish("2", { id: "a" });

    expect(again.duplicate).toBe(false);
    expect(await stored()).toHaveLength(2);
  });

  it("with other bytes is a conflict, and nothing of it is kept", async () => {
    const { publish, stored } = await withTopic();
    await publish('{"a":1}', { id: "a" });

    await expect(publish('{"a": 1}', { id: "a" })).rejects.toMatchObject({ code: "message_id_conflict" });

    expect(await stored()).toHaveLength(1);
  });

  it("is its own in each topic", async () => {
    const { broker, publish } = await withTopic();
    await broker.createTopic({ name: "other", visibility: "private" });
    await publish("1", { id: "a" });

    const other = await publish("2", { id: "a", topic: "other" });

    expect(other.duplicate).toBe(false);
  });
});

describe("where it goes", () => {
  it("an unknown topic is named with the nearest one that there is", async () => {
    const { publish } = await withTopic();

    await expect(publish("1", { topic: "order" })).rejects.toMatchObject({
      code: "topic_not_found",
      message: 'There is no topic "order". Did you mean "orders"?',
      hint: "kbroker topic describe orders",
    });
    await expect(publish("1", { topic: "x".repeat(5_000) })).rejects.toMatchObject({
      code: "topic_not_found",
      hint: "kbroker topic list",
    });
  });

  it("a dead letter topic takes nothing from outside", async () => {
    const { broker, publish } = await withTopic();
    await broker.createSubscription({ name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9000/" });

    await expect(publish("1", { topic: "billing_errors" })).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("a public topic takes nothing before it has a schema, and the hint is the command", async () => {
    const { broker, publish } = await withTopic();
    await broker.createTopic({ name: "news", visibility: "public" });

    await expect(publish("1", { topic: "news" })).rejects.toMatchObject({
      code: "schema_required",
      hint: "kbroker schema create news --file schema.json",
    });

    await broker.createSchema("news", '{"type": "number"}');
    expect(await publish("1", { topic: "news" })).toMatchObject({ topic: "news" });
  });
});

describe("against the schema", () => {
  const schema = '{"required": ["orderId"], "properties": {"total": {"type": "number"}}}';

  it("what does not fit is refused with pointer, line and column", async () => {
    const { broker, publish, stored } = await withTopic();
    await broker.createSchema("orders", schema);

    await expect(publish('{\n  "total": "1"\n}')).rejects.toMatchObject({
      code: "schema_mismatch",
      message: `The payload does not fit the schema of topic "orders": must have property 'orderId' (and 1 more).`,
      problems: [
        { pointer: "", message: "must have property 'orderId'", line: 1, column: 1 },
        { pointer: "/total", message: "must be number, is string", line: 2, column: 12 },
      ],
    });

    expect(await stored()).toEqual([]);
  });

  it("what fits is stored, on a private topic, too", async () => {
    const { broker, publish, stored } = await withTopic();
    await broker.createSchema("orders", schema);

    await publish('{"orderId": 1}');

    expect(await stored()).toHaveLength(1);
  });

  it("a stored schema that cannot be used any more is no fault of the publisher", async () => {
    const compile = createCompileSchema();
    const first = await withTopic();
    await first.broker.createSchema("orders", schema);
    const { broker } = await openTestBroker({
      storage: first.storage,
      compileSchema: (definition) => compile(definition.replace("number", "nomber")),
    });

    const publishing = broker.publish({ topic: "orders", attributes: [], payload: bytes("{}") });

    await expect(publishing).rejects.toMatchObject({ code: "internal", cause: { code: "schema_invalid" } });
  });
});

it.each([
  ["payload_too_large", { payload: bytes(`"${"x".repeat(65_535)}"`) }],
  ["invalid_json", { payload: bytes("{a: 1}") }],
  ["invalid_request", { id: "no spaces" }],
  ["invalid_request", { key: "" }],
  ["invalid_request", { attributes: [["a", "\n"]] }],
] as const)("refuses %s before anything is stored: %j", async (code, part) => {
  const { publish, stored, notes } = await withTopic();

  await expect(publish("1", part)).rejects.toMatchObject({ code });

  expect(await stored()).toEqual([]);
  expect(notes.lines).toEqual([]);
});

it("keeps nothing of a message that the log refuses", async () => {
  const { publish, stored, engine, notes, broker } = await withTopic();
  await broker.createSubscription({ name: "s", topic: "orders", endpoint: "http://127.0.0.1:9000/" });
  const { topic } = await broker.describeTopic("orders");
  await engine.log.deleteTopic(topic.id);

  await expect(publish("1", { id: "a" })).rejects.toMatchObject({ code: "topic_not_found" });

  expect(notes.lines).toEqual([]);
  await expect(stored()).rejects.toMatchObject({ code: "topic_not_found" });
});
