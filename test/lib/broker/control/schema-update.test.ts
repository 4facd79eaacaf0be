import { describe, expect, it } from "vitest";
import type { TopicSchema } from "../../../../src/lib/domain/topic.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { bytes, openTestBroker, type TestBroker, type TestBrokerOptions } from "../../../support/broker.ts";
import { failingAt } from "../../../support/failing-engine.ts";

const V1 = '{\n  "type": "object",\n  "properties": {\n    "total": {"type": "number", "minimum": 0}\n  }\n}';
const LOOSER = V1.replace('"minimum": 0', '"minimum": -5');
const STRICTER = V1.replace('"minimum": 0', '"minimum": 5');

async function open(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const test = await openTestBroker({ compileSchema: createCompileSchema(), ...options });
  await test.broker.createTopic({ name: "orders", visibility: "private", schema: V1 });
  return test;
}

function update({ broker }: Pick<TestBroker, "broker">, definition: string, more: object = {}) {
  return broker.updateSchema({ topic: "orders", definition, compatibility: "backward", ...more });
}

const publish = ({ broker }: TestBroker, text: string) =>
  broker.publish({ topic: "orders", attributes: [], payload: bytes(text) });

it("each version is kept with its text, its time, how it was compared, and whether it was forced", async () => {
  const test = await open();
  const createdAtMs = test.clock.now();
  await test.clock.advance(1_000);

  await update(test, LOOSER);
  await update(test, STRICTER, { force: true });

  const base = { topic: "orders", topicId: (await test.broker.describeTopic("orders")).topic.id };
  const later = createdAtMs + 1_000;
  expect(await test.broker.listSchemas("orders")).toEqual([
    { ...base, version: 3, definition: STRICTER, createdAtMs: later, compatibility: "backward", forced: true },
    { ...base, version: 2, definition: LOOSER, createdAtMs: later, compatibility: "backward", forced: false },
    { ...base, version: 1, definition: V1, createdAtMs },
  ]);
  expect((await test.broker.describeSchema("orders", 1)).definition).toBe(V1);
  expect((await test.broker.describeSchema("orders")).version).toBe(3);
});

it("publishing is checked against the newest version from the very next message on", async () => {
  const test = await open();
  await expect(publish(test, '{"total": -1}')).rejects.toMatchObject({ code: "schema_mismatch" });

  await update(test, LOOSER);

  await expect(publish(test, '{"total": -1}')).resolves.toMatchObject({ topic: "orders" });
});

it("a refusal names the pointer, line and column in both versions, the reason in words, and what would be accepted", async () => {
  const test = await open();
  const next = `\n${STRICTER}`;

  await expect(update(test, next)).rejects.toMatchObject({
    code: "schema_incompatible",
    problems: [
      {
        pointer: "/properties/total/minimum",
        line: 5,
        column: 33,
        message: "Version 1 takes numbers below 5, the new schema does not.",
        old: { version: 1, pointer: "/properties/total/minimum", line: 4, column: 33 },
        fix: 'Accepted: "minimum" of at most 0.',
      },
    ],
  });
});

describe.each([
  ["backward", LOOSER, STRICTER],
  ["forward", STRICTER, LOOSER],
] as const)("--compatibility %s", (compatibility, right, wrong) => {
  it("takes what it promises, and refuses the opposite", async () => {
    const test = await open();

    await expect(update(test, wrong, { compatibility })).rejects.toMatchObject({ code: "schema_incompatible" });
    expect(await update(test, right, { compatibility })).toMatchObject({
      changed: true,
      problems: [],
      schema: { compatibility },
    });
  });
});

it("full refuses both, each with its direction, and none takes anything", async () => {
  const test = await open();

  await expect(update(test, STRICTER, { compatibility: "full" })).rejects.toMatchObject({
    problems: [{ message: expect.stringMatching(/^not backward: /) }],
  });
  await expect(update(test, LOOSER, { compatibility: "full" })).rejects.toMatchObject({
    problems: [{ message: expect.stringMatching(/^not forward: /) }],
  });
  expect(await update(test, '{"type": "string"}', { compatibility: "none" })).toMatchObject({
    schema: { version: 2, compatibility: "none", forced: false },
  });
});

it("force on what is compatible is not recorded as forced", async () => {
  const test = await open();

  expect((await update(test, LOOSER, { force: true })).schema.forced).toBe(false);
});

it("the same text again makes no version, whatever the mode", async () => {
  const test = await open();
  const before = structuredClone(test.storage);

  const again = await update(test, V1, { compatibility: "full" });

  expect(again).toMatchObject({ changed: false, schema: { version: 1 }, previousVersion: 1 });
  expect(test.storage).toEqual(before);
});

describe("refuses, and changes nothing", () => {
  it.each([
    ["what is not compatible", { definition: STRICTER }, "schema_incompatible"],
    ["no schema", { definition: '{"$ref": "#"}', force: true }, "schema_invalid"],
    [
      "a change of what somebody else has changed meanwhile",
      { definition: LOOSER, baseVersion: 2 },
      "version_conflict",
    ],
    ["a topic without a schema", { topic: "other", definition: "{}" }, "schema_not_found"],
    ["an unknown topic", { topic: "order", definition: "{}" }, "topic_not_found"],
  ])("%s", async (_what, request, code) => {
    const test = await open();
    await test.broker.createTopic({ name: "other", visibility: "private" });
    const before = structuredClone(test.storage);
    const updating = test.broker.updateSchema({ topic: "orders", compatibility: "backward", ...request });

    await expect(updating).rejects.toMatchObject({ code });

    expect(test.storage).toEqual(before);
  });

  it.each([
    ["a dry run of what would be taken", { definition: LOOSER }, 0],
    ["a dry run of what would be forced", { definition: STRICTER, force: true }, 1],
  ])("%s, and says what would be done", async (_what, request, problems) => {
    const test = await open();
    const before = structuredClone(test.storage);

    const said = await test.broker.updateSchema({
      topic: "orders",
      compatibility: "backward",
      dryRun: true,
      ...request,
    });

    expect([said.schema.version, said.changed, said.problems.length]).toEqual([2, true, problems]);
    expect(test.storage).toEqual(before);
  });
});

it("of two updates at once the second is compared with the first", async () => {
  const test = await open();

  const results = await Promise.allSettled([
    update(test, LOOSER),
    update(test, V1.replace('"minimum": 0', '"minimum": -1')),
  ]);

  expect(results).toMatchObject([{ status: "fulfilled" }, { reason: { code: "schema_incompatible" } }]);
  expect((await test.broker.describeSchema("orders")).version).toBe(2);
});

it("a failure between keeping the old version and writing the new one leaves the topic as it was, and may be repeated", async () => {
  const first = await open();
  const broken = await openTestBroker({
    compileSchema: createCompileSchema(),
    storage: first.storage,
    engine: failingAt(first.engine, 2, "once"),
  });

  await expect(update(broken, LOOSER)).rejects.toMatchObject({ code: "disk_full" });

  expect(await broken.broker.listSchemas("orders")).toMatchObject([{ version: 1, definition: V1 }]);
  expect(await update(broken, LOOSER)).toMatchObject({ schema: { version: 2 } });
  expect(await broken.broker.listSchemas("orders")).toMatchObject([{ version: 2 }, { version: 1, definition: V1 }]);
});

it("a document that the version before wrote, without mode and mark, is read and followed", async () => {
  const test = await openTestBroker({ compileSchema: createCompileSchema() });
  const { topic } = await test.broker.createTopic({ name: "orders", visibility: "private" });
  const written: TopicSchema = { topic: "orders", topicId: topic.id, version: 1, definition: V1, createdAtMs: 7 };
  await test.engine.catalog.put("schema", "orders", written, 0);

  expect(await test.broker.describeSchema("orders")).toEqual(written);
  expect(await update(test, LOOSER)).toMatchObject({ previousVersion: 1, schema: { version: 2 } });
  expect(await test.broker.describeSchema("orders", 1)).toEqual(written);
});

it("a topic that is created again under the same name starts at version 1, without the versions of the earlier one", async () => {
  const test = await open();
  await update(test, LOOSER);
  await test.broker.deleteTopic("orders", { cascade: false, purgeErrors: false, dryRun: false });
  expect([...test.storage.documents.keys()].filter((key) => key.includes("schema"))).toEqual([]);

  await test.broker.createTopic({ name: "orders", visibility: "private", schema: V1 });

  expect(await test.broker.listSchemas("orders")).toMatchObject([{ version: 1 }]);
  await expect(test.broker.describeSchema("orders", 2)).rejects.toMatchObject({
    code: "schema_version_not_found",
    hint: "kbroker schema list orders",
  });
});

it("takes at most 1 000 versions, and says what to do then", async () => {
  const test = await open();
  const { topic } = await test.broker.describeTopic("orders");
  const last = { topic: "orders", topicId: topic.id, version: 1_000, definition: V1, createdAtMs: 7 };
  await test.engine.catalog.put("schema", "orders", last, 1);

  await expect(update(test, LOOSER)).rejects.toMatchObject({ code: "schema_version_limit" });
});

it("lists the newest schema of each topic that has one", async () => {
  const test = await open();
  await test.broker.createTopic({ name: "plain", visibility: "private" });
  await update(test, LOOSER);

  expect(await test.broker.listSchemas()).toMatchObject([{ topic: "orders", version: 2 }]);
});
