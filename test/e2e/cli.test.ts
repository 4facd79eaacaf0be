import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { z } from "zod";
import { brokerReply } from "../../src/lib/api/broker.ts";
import { deadLetterListReply } from "../../src/lib/api/dead-letter.ts";
import { lagReply } from "../../src/lib/api/lag.ts";
import { publishReply } from "../../src/lib/api/message.ts";
import { schemaReply } from "../../src/lib/api/schema.ts";
import { subscriptionListReply, subscriptionReply } from "../../src/lib/api/subscription.ts";
import { topicListReply, topicReply } from "../../src/lib/api/topic.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { ENGINE } from "../support/on-kafka/storage.ts";
import { eventually, startConsumer, temporaryDir } from "./http.ts";
import { kbroker } from "./program.ts";

const TEST_MS_MAX = 240_000;
const SCHEMA =
  '{\n  "type": "object",\n  "properties": { "orderId": { "type": "string" } },\n  "required": ["orderId"]\n}\n';

/** The commands of one test: the built program, one broker, one folder. */
function cli(env: Readonly<Record<string, string>>, cwd: string) {
  const run = async (line: readonly string[], exit = 0) => {
    const ended = await kbroker(line, { env, cwd });
    expect(ended, line.join(" ")).toMatchObject({ exit });
    return ended;
  };
  const json = async <T>(schema: z.ZodType<T>, line: readonly string[]): Promise<T> => {
    const { stdout, stderr } = await run([...line, "--json"]);
    expect(stderr).toBe("");
    return schema.parse(JSON.parse(stdout));
  };
  const refused = async (line: readonly string[], exit: number) => {
    const { stdout, stderr } = await run([...line, "--json"], exit);
    const { error } = JSON.parse(stdout);
    expect([error.exit, stderr]).toEqual([exit, ""]);
    return error;
  };
  return { run, json, refused };
}

test("the session of the product page, from the first command to Ctrl-C", { timeout: TEST_MS_MAX }, async () => {
  const folder = await temporaryDir();
  await writeFile(join(folder, "order.json"), SCHEMA);
  const consumer = await startConsumer(204);
  const broker = await startBrokerProcess({ dataDir: join(folder, "data") });
  const { run, json } = cli(broker.env, folder);

  const created = await json(topicReply, ["topic", "create", "orders", "--public", "--schema", "order.json"]);
  expect(created).toMatchObject({ name: "orders", visibility: "public", schemaVersion: 1 });

  const where = ["--topic", "orders", "--endpoint", consumer.url, "--from", "beginning", "--retry-delays", "1s,2s"];
  const billing = await json(subscriptionReply, ["subscription", "create", "billing", ...where]);
  expect(billing).toMatchObject({ name: "billing", retry: { kind: "list", delaysMs: [1_000, 2_000] } });

  const message = ["--data", '{"orderId":"1"}', "--id", "o-1", "--key", "k1", "--attribute", "event-type=created"];
  const first = await json(publishReply, ["message", "publish", "orders", ...message]);
  const again = await json(publishReply, ["message", "publish", "orders", ...message]);
  expect([first.duplicate, again]).toEqual([false, { ...first, duplicate: true }]);

  const [push] = await consumer.received(1);
  expect(String(push?.body)).toBe('{"orderId":"1"}');
  expect(push?.headers).toMatchObject({ "x-kb-messageid": "o-1", "x-kb-key": "k1", "event-type": "created" });

  const lag = await eventually(async () => {
    const reply = await json(lagReply, ["subscription", "lag", "billing"]);
    expect(reply.lag).toBe(0);
    return reply;
  });
  expect(lag).toMatchObject({ subscription: "billing", topic: "orders", state: "active", oldestUndelivered: null });
  expect((await run(["subscription", "lag", "billing"])).stdout).toMatch(/Lag 0\. Up to date\.\n/);

  expect(await json(subscriptionReply, ["subscription", "pause", "billing"])).toMatchObject({ state: "paused" });
  await run(["message", "publish", "orders", "--data", '{"orderId":"2"}', "--id", "o-2"]);
  expect(await json(lagReply, ["subscription", "lag", "billing"])).toMatchObject({ state: "paused", lag: 1 });
  const check = await run(["subscription", "lag", "billing", "--fail-above", "0"], 5);
  expect(check.stderr).toBe("Check failed: the lag is 1, allowed is 0.\n");
  expect(consumer.pushes).toHaveLength(1);
  expect(await json(subscriptionReply, ["subscription", "resume", "billing"])).toMatchObject({ state: "active" });
  await consumer.received(2);

  consumer.status = 500;
  await run(["message", "publish", "orders", "--data", '{ "orderId": "3" }', "--id", "o-3"]);
  const letters = await eventually(async () => {
    const reply = await json(deadLetterListReply, ["dlq", "list", "billing"]);
    expect(reply.items).toHaveLength(1);
    return reply;
  });
  expect(letters.items[0]).toMatchObject({ name: "o-3", status: 500, attempts: 3, sourceTopic: "orders" });
  expect(await json(deadLetterListReply, ["dlq", "peek", "billing"])).toMatchObject({
    items: [{ payload: '{ "orderId": "3" }' }],
  });
  expect((await run(["dlq", "peek", "billing"])).stdout).toBe('{ "orderId": "3" }\n');
  expect((await run(["dlq", "list", "billing"])).stdout).toMatch(/^ID +FAILED AT[^\n]+\no-3 /);

  const topics = await json(topicListReply, ["topic", "list"]);
  const subscriptions = await json(subscriptionListReply, ["subscription", "list"]);
  expect(topics.items.map(({ name }) => name)).toEqual(["billing_errors", "orders"]);
  expect(subscriptions.items.map(({ name }) => name)).toEqual(["billing"]);
  expect(await json(subscriptionReply, ["subscription", "describe", "billing"])).toMatchObject({ deadLetters: 1 });
  expect((await run(["topic", "describe", "orders"])).stdout).toMatch(/^orders public topic\n/);
  expect((await run(["schema", "describe", "orders"])).stdout).toBe(SCHEMA);
  expect(await json(brokerReply, ["broker", "status"])).toMatchObject({
    engine: ENGINE,
    state: "ready",
    deadLetters: 1,
  });
  expect((await run(["broker", "status"])).stdout).toMatch(/^Broker ready\n/);
  expect((await run(["config", "validate"])).exit).toBe(0);

  expect(await broker.end("SIGINT")).toEqual({ code: 0 });
  const { stderr } = await run(["topic", "list"], 3);
  expect(stderr).toMatch(/Try: kbroker broker start --port \d+\n$/);
});

test("what a broker refuses has its exit code, one line, and a next step; nothing is changed", {
  timeout: TEST_MS_MAX,
}, async () => {
  const folder = await temporaryDir();
  await writeFile(join(folder, "order.json"), SCHEMA);
  await writeFile(join(folder, "ref.json"), '{\n  "$ref": "#/x"\n}\n');
  const broker = await startBrokerProcess({ dataDir: join(folder, "data") });
  const { run, json, refused } = cli(broker.env, folder);
  const subscribe = (name: string, topic: string, endpoint: string) => [
    "subscription",
    "create",
    name,
    "--topic",
    topic,
    "--endpoint",
    endpoint,
  ];
  await run(["topic", "create", "orders", "--public"]);
  await run(["topic", "create", "inner"]);
  await run(subscribe("billing", "inner", "http://127.0.0.1:9/e"));

  expect(await refused(["message", "publish", "orders", "--data", "{}"], 8)).toMatchObject({
    code: "schema_required",
    hint: expect.stringContaining("kbroker schema create orders"),
  });
  const text = await run(["message", "publish", "orders", "--data", "{}"], 8);
  expect([text.stdout, text.stderr]).toEqual([
    "",
    expect.stringMatching(/^Error: .+\nTry: kbroker schema create orders/),
  ]);
  expect(await refused(["schema", "create", "orders", "--file", "ref.json"], 2)).toMatchObject({
    code: "schema_invalid",
    problems: [{ pointer: "/$ref", line: 2 }],
  });
  expect(await json(schemaReply, ["schema", "create", "orders", "--file", "order.json"])).toMatchObject({ version: 1 });
  expect(await refused(["message", "publish", "orders", "--data", '{"orderId":7}'], 2)).toMatchObject({
    code: "schema_mismatch",
    problems: [{ pointer: "/orderId" }],
  });
  expect(await refused(["message", "publish", "inner", "--data", "{'a':1}"], 2)).toMatchObject({
    code: "invalid_json",
  });

  const conflicts = ["topic create orders", "schema create orders --file order.json"].map((line) => line.split(" "));
  for (const line of [...conflicts, subscribe("billing", "inner", "http://127.0.0.1:9/e")]) {
    expect((await refused(line, 8)).code).toMatch(/_exists$/);
  }
  const unknown = [
    "topic describe ordesr",
    "subscription describe biling",
    "subscription lag x",
    "subscription pause x",
    "dlq list x",
    "schema describe inner",
    "message publish x --data 1",
  ];
  for (const line of unknown) expect((await refused(line.split(" "), 7)).code).toMatch(/_not_found$/);
  expect((await refused(["topic", "describe", "ordesr"], 7)).hint ?? "").toContain("orders");

  const invalid = [
    ["topic", "create", "__kbroker_x"],
    ["topic", "create", "x", "--ttl", "30m"],
    subscribe("s", "inner", "ftp://127.0.0.1/e"),
    subscribe("s", "inner", "http://169.254.169.254/"),
    [...subscribe("s", "inner", "http://127.0.0.1:9/e"), "--retry-delays", "1s,,2s"],
    [...subscribe("s", "inner", "http://127.0.0.1:9/e"), "--timeout", "2h"],
    [...subscribe("s", "inner", "http://127.0.0.1:9/e"), "--from", "tomorrow"],
    ["dlq", "list", "billing", "--after", "nowhere"],
  ];
  for (const line of invalid) await refused(line, 2);

  const topics = await json(topicListReply, ["topic", "list"]);
  const subscriptions = await json(subscriptionListReply, ["subscription", "list"]);
  expect(topics.items.filter(({ purpose }) => purpose === "messages").map(({ name }) => name)).toEqual([
    "inner",
    "orders",
  ]);
  expect(topics.items.map(({ messages }) => messages)).toEqual(topics.items.map(() => 0));
  expect(subscriptions.items.map(({ name }) => name)).toEqual(["billing"]);
});
