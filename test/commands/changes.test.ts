import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { schemaReply } from "../../src/lib/api/schema.ts";
import { subscriptionReply } from "../../src/lib/api/subscription.ts";
import { topicCreateReply } from "../../src/lib/api/topic.ts";
import { AT, newTopic, subscription } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { answer, failure, stubBroker } from "./stub-broker.ts";

const SCHEMA = '{ "type": "object",\n  "required": ["orderId"] }\n';
const schema = {
  ...{ name: "orders", topic: "orders", version: 1, definition: SCHEMA, createdAt: AT },
  ...{ compatibility: null, forced: false, draft: "2020-12" },
};
const createdSchema = { ...schema, warnings: [] };

async function schemaFile(text = SCHEMA): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-cli-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "order.json"), text);
  return join(folder, "order.json");
}

const bodyOf = (received: readonly { body: Buffer }[]) => JSON.parse(String(received.at(-1)?.body));

test("topic create sends what the line says, prints one line, and says what comes next", async () => {
  const { env, received } = await stubBroker({
    "POST /admin/v1/topics": answer(201, newTopic({ ttlMs: 259_200_000 })),
  });

  const { stdout, stderr, exit } = await run("topic create", ["orders", "--ttl", "3d"], env);

  expect(bodyOf(received)).toEqual({ name: "orders", visibility: "private", ttl: "3d" });
  expect([stdout, exit]).toEqual(["Created private topic orders; messages are kept 3d.\n", 0]);
  expect(stderr).toBe("Next: kbroker subscription create <name> --topic orders --endpoint <url>\n");
});

test("topic create sends the schema's text as it stands in the file", async () => {
  const created = newTopic({ visibility: "public", schemaVersion: 1 });
  const { env, received } = await stubBroker({ "POST /admin/v1/topics": answer(201, created) });

  const argv = ["orders", "--public", "--schema", await schemaFile()];
  const { json } = await runJson("topic create", argv, env);

  expect(bodyOf(received)).toEqual({ name: "orders", visibility: "public", schema: SCHEMA });
  expect(topicCreateReply.parse(json)).toEqual(created);
});

test("a public topic without a schema is told how to get one", async () => {
  const created = newTopic({ visibility: "public" });
  const { env } = await stubBroker({ "POST /admin/v1/topics": answer(201, created) });

  const { stderr } = await run("topic create", ["orders", "--public"], env);

  expect(stderr).toBe("Next: kbroker schema create orders --file schema.json\n");
});

test("schema create sends the file's text, schema describe prints it as it was", async () => {
  const { env, received } = await stubBroker({
    "POST /admin/v1/topics/orders/schema": answer(201, createdSchema),
    "GET /admin/v1/topics/orders/schema": schema,
  });

  const created = await run("schema create", ["orders", "--file", await schemaFile()], env);
  const sent = bodyOf(received);
  const described = await run("schema describe", ["orders"], env);
  const { json } = await runJson("schema describe", ["orders"], env);

  expect(sent).toEqual({ definition: SCHEMA });
  expect(created.stdout).toBe("Topic orders has a schema now, version 1.\n");
  expect([described.stdout, described.stderr]).toEqual([SCHEMA, `Schema of topic orders, version 1, created ${AT}\n`]);
  expect(schemaReply.parse(json)).toEqual(schema);
});

test("subscription create sends only what the line says, so that the broker's defaults hold", async () => {
  const { env, received } = await stubBroker({ "POST /admin/v1/subscriptions": answer(201, subscription()) });
  const line = ["billing", "--topic", "orders", "--endpoint", "http://127.0.0.1:9000/events"];

  const short = await run("subscription create", line, env);
  const shortBody = bodyOf(received);
  const options = ["--from", "beginning", "--retry-delays", "1s, 5s", "--timeout", "10s", "--max-in-flight", "7"];
  const { json } = await runJson("subscription create", [...line, ...options], env);

  const required = { name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9000/events" };
  expect(shortBody).toEqual(required);
  expect(bodyOf(received)).toEqual({
    ...required,
    from: "beginning",
    retryDelays: ["1s", "5s"],
    timeout: "10s",
    maxInFlight: 7,
  });
  expect(short.stdout).toBe("Created subscription billing: orders is pushed to http://127.0.0.1:9000/events.\n");
  expect(short.stderr).toBe("Next: kbroker subscription lag billing\n");
  expect(subscriptionReply.parse(json)).toEqual(subscription());
});

test.each([
  ["pause", "paused", "Subscription billing is paused: no push starts any more, what is published waits.\n"],
  ["resume", "active", "Subscription billing is active: pushes go on where they stopped.\n"],
] as const)("subscription %s says what holds from now on", async (verb, state, line) => {
  const { env, received } = await stubBroker({
    [`POST /admin/v1/subscriptions/billing/${verb}`]: subscription({ state }),
  });

  const text = await run(`subscription ${verb}`, ["billing"], env);
  const { json } = await runJson(`subscription ${verb}`, ["billing"], env);

  expect([text.stdout, text.exit, received[0]?.body.length]).toEqual([line, 0, 0]);
  expect(subscriptionReply.parse(json).state).toBe(state);
});

test("a name with a slash stays one name in the request", async () => {
  const { env, received } = await stubBroker();

  const { exit } = await run("subscription pause", ["a/b"], env);

  expect([received[0]?.url, exit]).toEqual(["/admin/v1/subscriptions/a%2Fb/pause", 7]);
});

test.each([
  ["topic create", ["orders"], "POST /admin/v1/topics", "topic_exists", 409, 8],
  ["topic create", ["."], "POST /admin/v1/topics", "invalid_request", 400, 2],
  [
    "subscription create",
    ["b", "--topic", "o", "--endpoint", "x"],
    "POST /admin/v1/subscriptions",
    "endpoint_forbidden",
    400,
    2,
  ],
  [
    "subscription create",
    ["b", "--topic", "o", "--endpoint", "x"],
    "POST /admin/v1/subscriptions",
    "subscription_limit",
    409,
    8,
  ],
  ["subscription pause", ["billing"], "POST /admin/v1/subscriptions/billing/pause", "version_conflict", 409, 8],
  ["subscription resume", ["billing"], "POST /admin/v1/subscriptions/billing/resume", "subscription_not_found", 404, 7],
] as const)(
  "%s %j: a refusal of the broker has its exit code and changes no stdout",
  async (name, argv, route, code, status, expected) => {
    const { env } = await stubBroker({ [route]: failure(status, code, { hint: "kbroker topic list" }) });

    const { stdout, stderr, exit } = await run(name, argv, env);

    expect([stdout, stderr, exit]).toEqual(["", `Error: It is ${code}.\nTry: kbroker topic list\n`, expected]);
  },
);

test.each([
  ["topic create", [], /^Error: Missing: <name>\.\nTry: kbroker topic create <name>\n$/],
  ["topic create", ["o", "--public", "--private"], /--private=true cannot also be provided|--public=true/],
  ["topic create", ["o", "--schema", "/nonexistent/s.json"], /Cannot read .*there is no such file/],
  ["schema create", [], /^Error: Missing: <topic>, --file\./],
  ["schema create", ["orders"], /^Error: Missing: --file\.\nTry: kbroker schema create orders --file /],
  ["subscription create", [], /^Error: Missing: <name>, --topic, --endpoint\./],
  ["subscription create", ["b", "--topic", "o"], /^Error: Missing: --endpoint\./],
  [
    "subscription create",
    ["b", "--topic", "o", "--endpoint", "x", "--max-in-flight", "1001"],
    /less than or equal to 1000/,
  ],
  [
    "subscription create",
    ["b", "--topic", "o", "--endpont", "x"],
    /Unknown flag: --endpont\.\nDid you mean --endpoint\?/,
  ],
  ["subscription pause", [], /^Error: Missing: <subscription>\./],
] as const)("%s %j is exit code 2 and sends nothing", async (name, argv, message) => {
  const { env, received } = await stubBroker();

  const { stderr, exit } = await run(name, argv, env);

  expect(stderr).toMatch(message);
  expect([exit, received]).toEqual([2, []]);
});
