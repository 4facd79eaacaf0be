import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { importResult } from "../../src/lib/cli/moving/result.ts";
import { setupFile } from "../../src/lib/cli/moving/shape.ts";
import { run, runJson } from "../commands/run.ts";
import { type E2eBroker, eventually, startBroker, startConsumer, temporaryDir } from "./http.ts";
import { kbroker } from "./program.ts";

const SCHEMA = '{\n  "type": "object",\n  "required": ["orderId"]\n}\n';
const ENDPOINT = "http://127.0.0.1:9/events";
const failed = z.object({
  error: z.object({ code: z.string(), exit: z.number(), problems: z.array(z.looseObject({ fix: z.string() })) }),
});

/** One with something of everything that can be set. */
async function furnished(): Promise<E2eBroker> {
  const broker = await startBroker();
  await broker.admin("topicCreate", "", { name: "orders", visibility: "public", ttl: "3d", schema: SCHEMA });
  await broker.admin("topicCreate", "", { name: "clicks" });
  const billing = {
    ...{
      name: "billing",
      topic: "orders",
      endpoint: `${ENDPOINT}?a=b%20c`,
      retryDelays: ["1s", "1m30s"],
      timeout: "5s",
    },
    ...{ maxInFlight: 7, permanentStatuses: [422, 400], onRejecting: "dead-letter", deadLetterTopic: "shared_errors" },
  };
  await broker.admin("subscriptionCreate", "", billing);
  // By its name before the one that brings the topic that it reads.
  await broker.admin("subscriptionCreate", "", { name: "alarm", topic: "shared_errors", endpoint: ENDPOINT });
  await broker.admin("subscriptionCreate", "", { name: "stock", topic: "clicks", endpoint: ENDPOINT });
  await broker.admin("subscriptionPause", "stock");
  await broker.admin("topicUpdate", "shared_errors", { ttl: "2d" });
  return broker;
}

const at = ({ url }: E2eBroker) => ({ KBROKER_ADMIN_URL: url });
const exported = async (broker: E2eBroker) => (await run("broker export", [], at(broker))).stdout;

async function written(text: string): Promise<string> {
  const file = join(await temporaryDir(), "broker.yaml");
  await writeFile(file, text);
  return file;
}

test("what one broker exports another one imports, and exports the same bytes", async () => {
  const [from, to] = [await furnished(), await startBroker()];
  const text = await exported(from);
  const file = await written(text);

  const dry = await runJson("broker import", [file, "--dry-run"], at(to));
  expect(await to.admin("topicList", "")).toEqual({ items: [] });
  const done = await runJson("broker import", [file, "--yes"], at(to));

  expect(importResult.parse(dry.json)).toMatchObject({ dryRun: true, created: 5, same: 0 });
  expect(importResult.parse(done.json)).toMatchObject({ dryRun: false, created: 5, same: 0 });
  expect(await exported(to)).toBe(text);
  expect(await exported(from)).toBe(text);
  const json = await runJson("broker export", [], at(to));
  expect(setupFile.parse(json.json)).toEqual(setupFile.parse((await runJson("broker export", [], at(from))).json));
});

test("the program itself: a file that only its owner can read, and an import of it from stdin, twice", async () => {
  const [from, to] = [await furnished(), await startBroker()];
  const file = join(await temporaryDir(), "broker.yaml");

  const wrote = await kbroker(["broker", "export", "--output", file], { env: at(from) });
  const input = await readFile(file);
  const refused = await kbroker(["broker", "import", "-"], { env: at(to), input });
  const first = await kbroker(["broker", "import", "-", "--yes"], { env: at(to), input });
  const again = await kbroker(["broker", "import", "-"], { env: at(to), input });

  expect(wrote).toMatchObject({ exit: 0, stdout: `Wrote 2 topics and 3 subscriptions to ${file}.\n` });
  expect(wrote.stderr).toContain("The endpoint of billing has a query");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(refused).toMatchObject({ exit: 6, stdout: "" });
  expect(refused.stderr).toMatch(/^subscription +alarm +shared_errors to http:\/\/127\.0\.0\.1:9\/events$/m);
  expect(first).toMatchObject({ exit: 0, stdout: "Created 2 topics and 3 subscriptions.\n" });
  expect(again).toMatchObject({
    exit: 0,
    stdout: "Nothing to create: 2 topics and 3 subscriptions, all the same.\n",
  });
});

test("where something differs nothing is changed, and the commands that are shown make it the same", async () => {
  const [from, to] = [await furnished(), await startBroker()];
  const text = await exported(from);
  const file = await written(text);
  await run("broker import", [file, "--yes"], at(to));
  await to.admin("topicUpdate", "clicks", { ttl: "2d" });
  await to.admin("topicUpdate", "shared_errors", { ttl: "1d" });
  await to.admin("subscriptionResume", "stock");
  const other = { endpoint: "http://127.0.0.1:8/", retryDelays: null, timeout: "9s", maxInFlight: 9 };
  await to.admin("subscriptionUpdate", "billing", { ...other, permanentStatuses: [], onRejecting: "hold" });
  await to.admin("subscriptionDelete", "alarm");
  const before = await exported(to);

  const { json, exit } = await runJson("broker import", [file, "--yes"], at(to));

  const { error } = failed.parse(json);
  expect({ exit, code: error.code, told: error.exit }).toEqual({ exit: 8, code: "import_differs", told: 8 });
  expect(error.problems.map(({ path }) => path)).toEqual([
    "topics[0].ttl",
    ...["endpoint", "retryDelays", "timeout", "maxInFlight", "permanentStatuses", "onRejecting", "deadLetterTtl"].map(
      (key) => `subscriptions[1].${key}`,
    ),
    "subscriptions[2].state",
  ]);
  expect(await exported(to)).toBe(before);
  for (const { fix } of error.problems) {
    const words = fix.replaceAll("'", "").split(" ").slice(1);
    const destroys = words[0] === "topic" ? ["--yes"] : [];
    expect({ fix, ...(await kbroker([...words, ...destroys], { env: at(to) })) }).toMatchObject({ exit: 0 });
  }
  expect(await runJson("broker import", [file, "--yes"], at(to))).toMatchObject({ exit: 0, json: { created: 1 } });
  expect(await exported(to)).toBe(text);
});

test("what no command can change says so: the topic of a subscription, a schema", async () => {
  const broker = await furnished();
  const file = await written(`version: 1
topics:
  - {name: orders, visibility: public, ttl: 3d}
  - {name: clicks, schema: "true"}
subscriptions:
  - {name: stock, topic: orders, endpoint: "${ENDPOINT}", state: paused}
`);

  const { stderr, exit } = await run("broker import", [file], at(broker));

  expect(exit).toBe(8);
  expect(stderr).toContain(
    "a schema cannot be taken away.\n    Take it into the file as schema: kbroker schema describe orders",
  );
  expect(stderr).toContain(
    "Save the schema of the file as clicks.json, then: kbroker schema create clicks --schema clicks.json",
  );
  expect(stderr).toContain(
    "subscriptions[0].topic: The broker has clicks, the file has orders.\n    It cannot be changed",
  );
});

test("a file that the broker would refuse changes nothing, and every reason is told with its place", async () => {
  const broker = await furnished();
  const before = await exported(broker);
  const file = await written(`version: 1
topics:
  - name: new.topic
    schema: '{"type": "objekt"}'
  - name: new_topic
  - name: five
subscriptions:
  - {name: s1, topic: five, endpoint: "http://u:p@h/"}
  - {name: s2, topic: five, endpoint: "http://169.254.169.254/"}
  - {name: s3, topic: five, endpoint: http://h/}
  - {name: s4, topic: five, endpoint: http://h/, deadLetterTopic: a_errors, deadLetterTtl: 1d}
  - {name: s5, topic: five, endpoint: http://h/, deadLetterTopic: a_errors, deadLetterTtl: 2d}
  - {name: s6, topic: five, endpoint: http://h/, deadLetterTopic: shared_errors, deadLetterTtl: 1d}
  - {name: s7, topic: nowhere, endpoint: http://h/}
  - {name: s8, topic: ring_errors, endpoint: http://h/}
  - {name: ring, topic: s8_errors, endpoint: http://h/}
  - {name: Billing.x, topic: clicks, endpoint: http://h/}
  - {name: Billing_x, topic: clicks, endpoint: http://h/}
  - {name: s9, topic: clicks, endpoint: http://h/, deadLetterTopic: shared.errors_errors}
`);

  const { json, exit } = await runJson("broker import", [file, "--yes"], at(broker));

  const { error } = failed.parse(json);
  expect({ exit, code: error.code }).toEqual({ exit: 2, code: "import_invalid" });
  expect(error.problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
    "4 topics[0].schema",
    "5 topics[1].name",
    "6 topics[2].name",
    "8 subscriptions[0].endpoint",
    "9 subscriptions[1].endpoint",
    "12 subscriptions[4].deadLetterTtl",
    "13 subscriptions[5].deadLetterTtl",
    "14 subscriptions[6].topic",
    "15 subscriptions[7].topic",
    "16 subscriptions[8].topic",
    "18 subscriptions[10].name",
  ]);
  expect(await exported(broker)).toBe(before);
});

test("a sixth subscription of a private topic is told once", async () => {
  const broker = await startBroker();
  await broker.admin("topicCreate", "", { name: "orders" });
  for (const name of ["s1", "s2", "s3", "s4", "s5"])
    await broker.admin("subscriptionCreate", "", { name, topic: "orders", endpoint: ENDPOINT });
  const sixth = `subscriptions: [{name: s6, topic: orders, endpoint: "${ENDPOINT}"}]\n`;
  const both = await written(`version: 1\ntopics: [{name: orders}]\n${sixth}`);
  const alone = await written(`version: 1\n${sixth}`);

  for (const file of [both, alone]) {
    const { error } = failed.parse((await runJson("broker import", [file, "--yes"], at(broker))).json);
    expect({ file, code: error.code, count: error.problems.length }).toEqual({
      file,
      code: "import_invalid",
      count: 1,
    });
  }
});

test("dead letters that a deleted subscription left are told before anything is made", async () => {
  const broker = await startBroker();
  const consumer = await startConsumer(400);
  const billing = { name: "billing", topic: "orders", endpoint: consumer.url, permanentStatuses: [400] };
  await broker.admin("topicCreate", "", { name: "orders" });
  await broker.admin("subscriptionCreate", "", billing);
  await broker.publish("orders", "1");
  await eventually(async () =>
    expect(await broker.admin("topicDescribe", "billing_errors")).toMatchObject({ messages: 1 }),
  );
  await broker.admin("subscriptionDelete", "billing");
  const text = "topics: [{name: more}]\nsubscriptions: [{name: billing, topic: orders, endpoint: http://h/}]\n";

  const { stderr, exit } = await run("broker import", [await written(`version: 1\n${text}`), "--yes"], at(broker));

  expect(exit).toBe(2);
  expect(stderr).toContain('"billing_errors" holds a dead letter of a subscription that was deleted.');
  expect((await broker.admin("topicList", "")).items.map(({ name }) => name)).toEqual(["billing_errors", "orders"]);
});

test("--paused lets nothing out before a resume, and --from beginning gives a new subscription what is there", async () => {
  const broker = await startBroker();
  const consumer = await startConsumer();
  await broker.admin("topicCreate", "", { name: "orders" });
  await broker.publish("orders", '"early"');
  const file = await written(
    `version: 1\nsubscriptions:\n  - {name: all, topic: orders, endpoint: "${consumer.url}"}\n  - {name: late, topic: orders, endpoint: "${consumer.url}"}\n`,
  );
  const late = await written(`version: 1\nsubscriptions: [{name: late, topic: orders, endpoint: "${consumer.url}"}]\n`);
  await run("broker import", [late, "--paused", "--yes"], at(broker));

  const paused = await run("broker import", [file, "--paused", "--from", "beginning", "--yes"], at(broker));
  await broker.publish("orders", '"new"');

  expect(paused).toMatchObject({ exit: 0, stdout: "Created 1 subscription; already there: 1 subscription.\n" });
  await eventually(async () => {
    expect(await broker.admin("subscriptionLag", "all")).toMatchObject({ state: "paused", lag: 2 });
    expect(await broker.admin("subscriptionLag", "late")).toMatchObject({ state: "paused", lag: 1 });
  });
  expect(consumer.pushes).toEqual([]);
  await broker.admin("subscriptionResume", "all");
  await broker.admin("subscriptionResume", "late");
  const bodies = (await consumer.received(3)).map(({ body }) => String(body));
  expect(bodies.sort()).toEqual(['"early"', '"new"', '"new"']);
});

test("--output names a file: a format is refused, and what cannot be written to is told", async () => {
  const broker = await startBroker();

  const format = await run("broker export", ["--output", "yaml"], at(broker));
  const nowhere = await run("broker export", ["--output", "/nonexistent/broker.yaml"], at(broker));

  expect(format).toMatchObject({ exit: 2, stdout: "" });
  expect(format.stderr).toContain("kbroker broker export --json");
  expect(nowhere).toMatchObject({ exit: 2, stdout: "" });
  expect(nowhere.stderr).toContain("Cannot write /nonexistent/broker.yaml");
});
