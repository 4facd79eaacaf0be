// `npm run demo:cdc`: the changes of a database table as events, on a private PostgreSQL server and the embedded engine in a temporary folder.
// Runs the real commands, shows their output, and checks each step against what the consumer really received. Leaves nothing behind.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INSTALL_HINT, postgresqlBin } from "../test/support/postgresql-program.ts";
import { openPostgresql } from "../test/support/postgresql-server.ts";
import { freePort, startBroker } from "./demo/broker.js";
import { startConsumer } from "./demo/consumer.js";
import { storyteller } from "./demo/steps.js";
import { terminal } from "./demo/terminal.js";

const { say, check, until } = storyteller();
const TOPIC = "cdc_demo-shop_orders";

async function story({ shop, sql, kbroker: { run, json }, consumer: { received, url }, crash, begin }) {
  const events = (key) => received.filter((push) => push.key === key).map(({ payload }) => JSON.parse(payload));
  const ops = (key) =>
    events(key)
      .map(({ op }) => op)
      .join("");
  const describe = () => json(["connector", "describe", "shop"]);
  const connector = ["--product", "demo", "--url", shop.url("shop", "kbroker"), "--password-file", "shop-password"];

  say("A table that a service owns, with two orders in it, and a role that may read it and replicate");
  await sql("CREATE TABLE orders (id bigint PRIMARY KEY, customer text, total numeric(12,2))");
  await sql("INSERT INTO orders VALUES (1, 'Ada', 12.50), (2, 'Ben', 0.10)");
  await sql("CREATE ROLE kbroker LOGIN REPLICATION PASSWORD 'not-shown-to-anybody'");
  await sql("GRANT CREATE ON DATABASE shop TO kbroker");
  await sql("ALTER TABLE orders OWNER TO kbroker");

  say("What would be needed is looked at before anything is made");
  await run(["connector", "create", "shop", ...connector, "--table", "public.orders", "--dry-run"]);
  check((await json(["connector", "list"])).items.length === 0, "nothing was created");

  say("The connector: two lines of a service's database become a topic");
  await run(["connector", "create", "shop", ...connector, "--table", "public.orders"]);
  await run(["subscription", "create", "billing", "--topic", TOPIC, "--endpoint", url, "--from", "beginning"]);

  say("The rows that were there come first, each as an event");
  await until(() => ops("1") === "r" && ops("2") === "r", "both rows arrived as op r");
  check(
    received.some(({ payload }) => payload.includes("12.50")),
    "numbers as the database spells them: 12.50 is still 12.50",
  );
  await until(async () => (await describe()).status === "streaming", "the connector follows the table now");

  say("An insert, an update, a delete: the seed's form, in the order of the row");
  await sql("INSERT INTO orders VALUES (3, 'Cid', 7)");
  await sql("UPDATE orders SET total = 8 WHERE id = 3");
  await sql("DELETE FROM orders WHERE id = 3");
  await until(() => events("3").length === 3, "three events of order 3 arrived");
  check(
    [..."cud"].every((op) => ops("3").includes(op)),
    "c, u and d",
  );
  check(events("3").find(({ op }) => op === "d").after === null, "after a delete there is nothing: after is null");

  say("A transaction that is rolled back never was");
  await sql("BEGIN; INSERT INTO orders VALUES (4, 'Dot', 1); ROLLBACK");
  await sql("INSERT INTO orders VALUES (5, 'Eve', 2)");
  await until(() => ops("5") === "c", "order 5 arrived");
  check(events("4").length === 0, "order 4 did not, although it came before");

  say("A key that changes is a delete of the old one and an insert of the new one");
  await sql("UPDATE orders SET id = 20 WHERE id = 2");
  await until(() => ops("2").includes("d") && ops("20") === "c", "d for 2, c for 20");

  say("Pause: changes wait in the database");
  await run(["connector", "pause", "shop"]);
  await until(async () => (await describe()).status === "paused", "it is paused");
  await sql("INSERT INTO orders VALUES (6, 'Flo', 3)");
  check(events("6").length === 0, "the consumer saw nothing");
  await run(["connector", "resume", "shop"]);
  await until(() => ops("6") === "c", "resumed: order 6 arrived");

  say("kill -9 of the broker, in the middle");
  await sql("INSERT INTO orders SELECT n, 'many', n FROM generate_series(1000, 1499) n");
  await crash();
  process.stdout.write("\n  The broker is gone. The shop goes on.\n");
  await sql("INSERT INTO orders VALUES (7, 'Guy', 4)");
  await begin();
  const all = ["7", ...Array.from({ length: 500 }, (_, at) => String(1000 + at))];
  await until(() => all.every((key) => events(key).length > 0), "all 501 orders arrived");
  const messages = (await json(["topic", "describe", TOPIC])).messages;
  check(messages === 2 + 3 + 1 + 2 + 1 + 501, `the topic holds each change once: ${messages} events`);
  await run(["connector", "describe", "shop"]);

  say("Deleted, it leaves nothing in the database; the topic stays");
  await run(["connector", "delete", "shop", "--yes"]);
  const left = await shop.sql("SELECT slot_name FROM pg_replication_slots");
  check(left.length === 0, "no slot is left that would keep log back");
  check((await json(["topic", "describe", TOPIC])).messages === messages, "the events are still there");
}

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-demo-"));
  const opened = [() => rm(folder, { recursive: true, force: true })];
  let broker;
  try {
    const postgresql = await openPostgresql();
    opened.push(postgresql.close);
    await postgresql.sql("CREATE DATABASE shop");
    const client = await postgresql.connect({ database: "shop" });
    const sql = (text) => {
      process.stdout.write(`\nshop=# ${text.replace(/PASSWORD '.*'/, "PASSWORD '…'")}\n`);
      return client.query(text);
    };
    const consumer = await startConsumer({});
    opened.push(consumer.close);
    const [secrets, port] = [join(folder, "secrets"), await freePort()];
    await mkdir(secrets, { mode: 0o700 });
    await writeFile(join(secrets, "shop-password"), "not-shown-to-anybody\n", { mode: 0o600 });
    const kbroker = terminal({ cwd: folder, url: `http://127.0.0.1:${port}` });
    const place = { start: kbroker.start, dataDir: join(folder, "data"), port, more: ["--secrets-dir", secrets] };
    const begin = async () => {
      process.stdout.write(`\nA broker starts: kbroker broker start --data-dir … --port ${port} --secrets-dir …\n`);
      broker = await startBroker(place);
    };
    await begin();
    await story({ shop: postgresql, sql, kbroker, consumer, begin, crash: () => broker.kill() });
    say("The broker stops cleanly");
    const code = await broker.stop();
    broker = undefined;
    check(code === 0, "Ctrl-C, all committed, exit code 0");
    await client.end();
  } finally {
    await broker?.kill();
    for (const close of opened.reverse()) await close();
  }
}

if (postgresqlBin() === undefined) {
  process.stderr.write(`The demo needs PostgreSQL, and there is none here. ${INSTALL_HINT}\n`);
  process.exitCode = 2;
} else {
  const startedMs = Date.now();
  try {
    await main();
    process.stdout.write(
      `\nThose were the changes of a database, in ${((Date.now() - startedMs) / 1000).toFixed(1)} s. Nothing is left behind.\n`,
    );
  } catch (error) {
    process.stderr.write(`\nThe demo failed. ${error.message}\n`);
    process.exitCode = 1;
  }
}
