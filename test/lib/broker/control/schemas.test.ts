import { describe, expect, it } from "vitest";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { bytes, ENDPOINT, openTestBroker } from "../../../support/broker.ts";

async function open() {
  const test = await openTestBroker({ compileSchema: createCompileSchema() });
  await test.broker.createTopic({ name: "orders", visibility: "private" });
  return test;
}

it("keeps the text as it was given", async () => {
  const { broker, clock } = await open();
  const definition = '{\n  "type" : "object"\r\n}';

  const created = await broker.createSchema("orders", definition);

  const { topic } = await broker.describeTopic("orders");
  const createdAtMs = clock.now();
  expect(created).toEqual({ topic: "orders", topicId: topic.id, version: 1, definition, createdAtMs });
  expect(await broker.describeSchema("orders")).toEqual(created);
});

it("holds for the very next message", async () => {
  const { broker } = await open();
  await broker.createSchema("orders", '{"type": "object"}');

  const publishing = broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });

  await expect(publishing).rejects.toMatchObject({ code: "schema_mismatch" });
});

it("tells that there is none, with the command that makes one", async () => {
  const { broker } = await open();

  await expect(broker.describeSchema("orders")).rejects.toMatchObject({
    code: "schema_not_found",
    hint: "kbroker schema create orders --file schema.json",
  });
});

describe("refuses, and changes nothing", () => {
  it.each([
    ["a second schema, even the same", "orders", "{}", "schema_exists"],
    ["an unknown topic", "order", "{}", "topic_not_found"],
    ["a dead letter topic", "s_errors", "{}", "invalid_request"],
    ["a reference", "other", '{"$ref": "#"}', "schema_invalid"],
  ])("%s", async (_what, topic, definition, code) => {
    const { broker, storage } = await open();
    await broker.createTopic({ name: "other", visibility: "private" });
    await broker.createSubscription({ name: "s", topic: "orders", endpoint: ENDPOINT });
    await broker.createSchema("orders", "{}");
    const before = structuredClone(storage);

    await expect(broker.createSchema(topic, definition)).rejects.toMatchObject({ code });

    expect(storage).toEqual(before);
  });
});

it("of two that are created at once one wins", async () => {
  const { broker } = await open();

  const results = await Promise.allSettled([
    broker.createSchema("orders", "true"),
    broker.createSchema("orders", "{}"),
  ]);

  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect((await broker.describeSchema("orders")).definition).toBe("true");
});
