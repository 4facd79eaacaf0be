import { spawn } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { ENGINE } from "../support/on-kafka/storage.ts";
import { postgresqlBin } from "../support/postgresql-program.ts";
import { openPostgresql, type Postgresql } from "../support/postgresql-server.ts";
import { type E2eBroker, eventually, startBroker, startConsumer, temporaryDir } from "./http.ts";
import { childEnv, program } from "./program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLES = examplesOf(await readFile(join(ROOT, "docs/cli.md"), "utf8"));
const REDRIVE = { job: "nightly-redrive", maxMessages: 4, rate: 2 };
const TEST_MS_MAX = 120_000;
/** Of the role that reads the database. */
const PASSWORD = "choose-one";

/** What stands in `docs/cli.md` for each command (and in its `--help`), without the usage lines and the comments. */
function examplesOf(reference: string): readonly string[] {
  const blocks = Array.from(reference.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = ""]) => block.trim().split("\n"));
  const lines = blocks.flat().map((line) => line.replace(/ {4}#.*$/, ""));
  return [...new Set(lines)].filter((line) => !/ \[(flags|name|topic|job|shell|command|hours)\]/.test(line));
}

/** What each needs to be there, and how it ends where nobody can be asked. The first that matches counts; all others end with 0. */
const CASES: readonly (readonly [example: RegExp, world: World, exit?: number])[] = [
  [/^kbroker broker start/, "nothing"],
  [/^kbroker (topic|subscription|schema|connector) create$/, "topic", 2],
  // A directory has no partitions, and the tests' Kafka has one broker.
  [/topic create .*--replication-factor 3/, "nothing", 2],
  [/topic create/, "nothing"],
  [/topic update .*--partitions/, "topic", onKafka(0, 2)],
  [/topic import$/, "nothing", 2],
  // Kafka has no such topic: what it does with one that is there, test/kafka/natives.test.ts shows.
  [/topic import payments/, "nothing", onKafka(7, 2)],
  [/^kbroker (cluster|group)/, "everything", onKafka(0, 7)],
  // Only an editor can finish a draft.
  [/schema create orders --infer sample.json$/, "topic", 2],
  [/schema create/, "topic"],
  [/subscription create|message publish|message schedule orders/, "topic"],
  [/topic delete orders$/, "everything", 8],
  // The last move is a rewind, and nothing died of a 503.
  [/skip billing --undo$/, "everything", 8],
  [/redrive billing --filter status=503/, "everything"],
  [/scheduled cancel orders --id o-2$|subscription delete billing$|--undo$/, "everything", 6],
  [/(rewind|skip|redrive) billing (?!.*(--yes|--dry-run))/, "everything", 6],
  [/^kbroker job/, "jobs"],
  [/^kbroker connector create/, "database"],
  [/^kbroker connector .*--watch$/, "connector", 130],
  [/^kbroker connector/, "connector"],
  [/--watch$|--follow/, "everything", 130],
];

/** `jobs`: everything, and a redrive that runs. `database`: one with two tables; `connector`: and one that reads a table of it. */
type World = "nothing" | "topic" | "everything" | "jobs" | "database" | "connector";

function onKafka(exit: number, elsewhere: number): number {
  return ENGINE === "kafka" ? exit : elsewhere;
}

let database: Postgresql | undefined;

/** The one of all examples; each leaves a slot in it. */
async function theDatabase(): Promise<Postgresql> {
  if (database !== undefined) return database;
  database = await openPostgresql({ settings: { max_replication_slots: "100", max_wal_senders: "100" } });
  await database.createRole("kbroker", { attributes: "REPLICATION", password: PASSWORD });
  await database.sql("CREATE DATABASE shop OWNER kbroker");
  const session = await database.connect({ database: "shop" });
  await session.query("SET ROLE kbroker");
  await session.query("CREATE TABLE orders (id bigint PRIMARY KEY); CREATE TABLE customers (id bigint PRIMARY KEY)");
  await session.end();
  return database;
}

afterAll(() => database?.close());

test.each(EXAMPLES)(
  "%s works as it stands",
  async (example) => {
    const [, world = "everything", exit = 0] = CASES.find(([pattern]) => pattern.test(example)) ?? [];
    const broker = await startBroker({}, { secret: async () => PASSWORD });
    if (world === "database" || world === "connector") return runOnDatabase(example, { broker, world, exit });
    if (world !== "nothing") await broker.admin("topicCreate", "", { name: "orders" });
    if (world === "everything" || world === "jobs") await fill(broker);
    if (world === "jobs") await broker.admin("subscriptionRedrive", "billing", REDRIVE);

    const ended = await run(example, broker, exit === 130 || example.startsWith("kbroker broker start"));

    expect({ example, ...ended }).toMatchObject({ exit });
  },
  TEST_MS_MAX,
);

/** Without PostgreSQL it is as with the other tests that need it: left out here, a failure in CI. */
async function runOnDatabase(
  example: string,
  { broker, world, exit }: { readonly broker: E2eBroker; readonly world: World; readonly exit: number },
): Promise<void> {
  if (postgresqlBin() === undefined && process.env.CI === undefined) return;
  const { host, port } = await theDatabase();
  const address = { host, port, database: "shop", user: "kbroker", tls: "disable" };
  const wish = { name: "shop", product: "shop", kind: "postgresql", tables: [{ schema: "public", table: "orders" }] };
  const password = { kind: "env", name: "KBROKER_SECRET_SHOP" };
  if (world === "connector") await broker.admin("connectorCreate", "", { ...wish, database: { ...address, password } });

  const ended = await run(example.replace("127.0.0.1:5432", `${host}:${port}`), broker, exit === 130);

  expect({ example, ...ended }).toMatchObject({ exit });
}

test("the reference has an example of every command that it lists", () => {
  expect(EXAMPLES.length).toBeGreaterThan(80);
});

/** A topic with three schemas and 45 messages, one that waits for its time, a subscription that gave them up, and a rewind. */
async function fill(broker: E2eBroker): Promise<void> {
  const consumer = await startConsumer(400);
  await broker.admin("schemaCreate", "orders", { definition: '{"type":"object"}' });
  for (const description of ["second", "third"]) {
    await broker.admin("schemaUpdate", "orders", { definition: JSON.stringify({ type: "object", description }) });
  }
  const subscription = { name: "billing", topic: "orders", endpoint: consumer.url, permanentStatuses: [400] };
  await broker.admin("subscriptionCreate", "", { ...subscription, onRejecting: "dead-letter" });
  const lines = Array.from(
    { length: 45 },
    (_, at) => `{"payload":{"orderId":"${at}"},"id":"o-${at === 0 ? 1 : at + 2}"}\n`,
  );
  await broker.publish("orders/batch", lines.join(""));
  await fetch(`${broker.url}/scheduled/orders`, {
    method: "POST",
    headers: { "x-kb-messageid": "o-2", "x-kb-scheduledminutes": "10" },
    body: '{"orderId":"2"}',
  });
  await eventually(async () => {
    expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ deadLetters: 45, lag: 0 });
  });
  consumer.status = 204;
  await broker.admin("subscriptionRewind", "billing", { hours: 1, job: "nightly-replay" });
}

const FILES: Readonly<Record<string, string>> = {
  "order.json": '{ "type": "object", "description": "an order" }',
  "payment.json": '{ "type": "object" }',
  "broker.yaml": "version: 1\ntopics: [{name: clicks}]\n",
  "message.json": '{"orderId":"3"}',
  "sample.json": '{"orderId":"4"}',
  "samples.ndjson": '{"orderId":"5"}\n{"orderId":"6"}\n',
  "messages.ndjson": '{"payload":{"orderId":"7"}}\n{"payload":{"orderId":"8"},"id":"o-8"}\n',
};

/** Types one line into a shell. What goes on until it is stopped gets Ctrl-C once it has said something. */
async function run(
  example: string,
  broker: E2eBroker,
  endless: boolean,
): Promise<{ exit: number | null; stderr: string }> {
  const cwd = await temporaryDir();
  await mkdir(join(cwd, "bin"));
  await symlink(program(), join(cwd, "bin", "kbroker"));
  await writeFile(join(cwd, "bin", "jq"), "#!/bin/sh\ncat\n");
  await chmod(join(cwd, "bin", "jq"), 0o755);
  await mkdir(join(cwd, "secrets"));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(cwd, name), text);
  // The shell that is asked for need not be installed: what its line evaluates has to be printed.
  const line = example
    .replace(/^eval "\$\((.*)\)"$/, "$1")
    .replace("http://127.0.0.1:7171", broker.url)
    .replace(/ --port 7171| --data-dir \S+| --host 0\.0\.0\.0/g, "")
    .replace(/^kbroker broker start/, "kbroker broker start --port 0 --data-dir ./data");
  const env = childEnv({
    PATH: `${join(cwd, "bin")}${delimiter}${process.env.PATH}`,
    KBROKER_ADMIN_URL: broker.url,
    EDITOR: "true",
  });
  const child = spawn("sh", ["-c", endless ? `exec ${line}` : line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const stop = () => endless && child.kill("SIGINT");
  child.stdout.once("data", stop).resume();
  child.stderr.on("data", (text: string) => text.includes("Ready") && stop());
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return { exit, stderr };
}
