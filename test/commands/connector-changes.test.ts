import { expect, test } from "vitest";
import {
  type ConnectorDeleteReply,
  connectorDeleteReply,
  connectorReply,
  connectorUpdateReply,
} from "../../src/lib/api/connector.ts";
import { connector } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { failure, stubBroker } from "./stub-broker.ts";

const AT_SHOP = "/admin/v1/connectors/shop";
const gone = (changes: Partial<ConnectorDeleteReply> = {}): ConnectorDeleteReply => ({
  ...{ name: "shop", id: "c-1", slot: "kbroker_shop_c1_1", publication: "kbroker_shop_c1_1" },
  ...{ slotKept: false, publicationKept: false, topics: ["cdc_shop-shop_orders"], pending: null },
  ...changes,
});
const CHANGES = [
  { setting: "password", from: "env:KBROKER_SECRET_SHOP", to: "none" },
  { setting: "retainedBytesWarn", from: "1073741824", to: "5000000000" },
];
const broker = (changes: Partial<ConnectorDeleteReply> = {}) =>
  stubBroker({
    [`GET ${AT_SHOP}`]: connector({ lagBytes: 1_258_291 }),
    [`PATCH ${AT_SHOP}`]: { ...connector(), changes: CHANGES },
    [`DELETE ${AT_SHOP}`]: gone(changes),
    ...Object.fromEntries(["pause", "resume", "restart"].map((verb) => [`POST ${AT_SHOP}/${verb}`, connector()])),
  });
const bodies = (received: readonly { body: Buffer }[]) =>
  received.filter(({ body }) => body.length > 0).map(({ body }) => JSON.parse(String(body)));
const sent = (received: readonly { method: string; url: string }[]) =>
  received.map(({ method, url }) => `${method} ${url.slice(AT_SHOP.length)}`);

test.each([
  ["connector pause", /is paused: the database keeps what changes/, "Next: kbroker connector resume shop\n"],
  ["connector resume", /reads on where it stopped/, "Next: kbroker connector describe shop --watch\n"],
  ["connector restart", /connects anew, and goes on where it was/, "Next: kbroker connector describe shop --watch\n"],
] as const)("%s says what is so now and what is next", async (name, said, next) => {
  const { env } = await broker();

  const { stdout, stderr, exit } = await run(name, ["shop"], env);
  const { json } = await runJson(name, ["shop"], env);

  expect(stdout).toMatch(said);
  expect([stderr, exit]).toEqual([next, 0]);
  expect(connectorReply.parse(json)).toEqual(connector());
});

test("restart --snapshot initial begins from scratch without a question: no row is lost", async () => {
  const { env, received } = await broker();

  const { stdout, exit } = await run("connector restart", ["shop", "--snapshot", "initial"], env);

  expect(stdout).toContain("each row that is there comes as an event");
  expect([exit, bodies(received)]).toEqual([0, [{ snapshot: "initial" }]]);
});

test("restart --snapshot none says what never comes, and changes nothing until that is agreed to", async () => {
  const { env, received } = await broker();

  const refused = await run("connector restart", ["shop", "--snapshot", "none"], env);
  const untouched = sent(received);
  const done = await run("connector restart", ["shop", "--snapshot", "none", "--yes"], env);

  expect(refused.stderr).toMatch(
    /^Throws away the slot kbroker_shop_c1_1 .+\nWhat changed and is not in the topics yet never comes: 1\.2 MiB of WAL at the moment\.\n/,
  );
  expect(refused.stderr).toMatch(/Try: kbroker connector restart shop --snapshot none --yes\n$/);
  expect([refused.exit, untouched]).toEqual([6, ["GET "]]);
  expect([done.exit, bodies(received)]).toEqual([0, [{ snapshot: "none" }]]);
});

test("delete says what goes and what stays before it does it", async () => {
  const { env, received } = await broker();

  const { stdout, stderr, exit } = await run("connector delete", ["shop", "--yes"], env);

  expect([stdout, exit]).toEqual(["Deleted connector shop.\n", 0]);
  expect(stderr).toBe(
    "Deletes connector shop: nothing is read any more, and its position is forgotten.\n" +
      "Removes slot kbroker_shop_c1_1 from the database: what changed and is not in the topics yet never comes.\n" +
      "Removes publication kbroker_shop_c1_1 from the database.\n" +
      "Keeps 1 topic, with messages and subscriptions: cdc_shop-shop_orders.\n",
  );
  expect(sent(received)).toEqual(["DELETE ?keepSlot=false&dryRun=true", "DELETE ?keepSlot=false"]);
});

test("delete where nobody can be asked deletes nothing and names the line, --keep-slot in it", async () => {
  const { env, received } = await broker({ slotKept: true, publicationKept: true });

  const { stderr, exit } = await run("connector delete", ["shop", "--keep-slot"], env);

  expect(stderr).toContain("Keeps slot kbroker_shop_c1_1 in the database, which goes on keeping its WAL for it.\n");
  expect(stderr).toMatch(/Try: kbroker connector delete shop --keep-slot --yes\n$/);
  expect([exit, sent(received)]).toEqual([6, ["DELETE ?keepSlot=true&dryRun=true"]]);
});

test("delete --dry-run only says it", async () => {
  const { env, received } = await broker();

  const { stdout, exit } = await run("connector delete", ["shop", "--dry-run"], env);
  const { json } = await runJson("connector delete", ["shop", "--dry-run"], env);

  expect(stdout).toMatch(/^Deletes connector shop: .+\nRemoves slot/);
  expect(connectorDeleteReply.parse(json)).toEqual(gone());
  expect([exit, sent(received)]).toEqual([0, Array(2).fill("DELETE ?keepSlot=false&dryRun=true")]);
});

test.each([
  [{ slotKept: true }, /in the database: SELECT pg_drop_replication_slot\('kbroker_shop_c1_1'\);\n$/],
  [{ pending: "No answer." }, /Its slot is not removed yet: No answer\. It is tried again until it is\.\n$/],
] as const)("after a deletion of %j what is left to do is said", async (changes, said) => {
  const { env } = await broker(changes);

  const { stderr } = await run("connector delete", ["shop", "--yes"], env);

  expect(stderr).toMatch(said);
});

test("a name that no connector has is exit 7", async () => {
  const { env } = await stubBroker({ [`DELETE ${AT_SHOP}`]: failure(404, "connector_not_found") });

  expect((await run("connector delete", ["shop"], env)).exit).toBe(7);
});

test("update sends what the line says, and shows old and new", async () => {
  const { env, received } = await broker();
  const tables = ["--add-table", "items", "--remove-table", "sales.customers"];
  const care = ["--on-oversize", "skip", "--retained-wal-warn", "5GB"];
  const address = ["--url", "postgresql://other@localhost:6000/shop", "--no-password"];

  const { stdout, exit } = await run("connector update", ["shop", ...tables, ...care, ...address], env);
  const { json } = await runJson("connector update", ["shop", "--password-file", "p"], env);

  expect(bodies(received)).toEqual([
    {
      ...{ host: "localhost", port: 6_000, user: "other", tls: "disable", password: null },
      addTables: [{ schema: "public", table: "items" }],
      removeTables: [{ schema: "sales", table: "customers" }],
      ...{ onOversize: "skip", retainedBytesWarn: 5_000_000_000 },
    },
    { password: { kind: "file", name: "p" } },
  ]);
  expect(stdout).toBe(
    "Updated connector shop:\n  password              env:KBROKER_SECRET_SHOP → none\n  retained WAL warning  1GiB → 5GB\n",
  );
  expect(exit).toBe(0);
  expect(connectorUpdateReply.parse(json)).toEqual({ ...connector(), changes: CHANGES });
});

test.each([
  [["shop"], /Missing: one of --url, --password-env, --password-file or --no-password, --add-table/],
  [["shop", "--url", "postgresql://u:geheim@h/d"], /holds a password/],
  [["shop", "--no-password", "--password-file", "p"], /cannot also be provided/],
  [["shop", "--retained-wal-warn", "much"], /not a number of bytes/],
  [["shop", "--add-table", "a.b.c"], /not the name of a table/],
])("connector update %j is exit 2 and changes nothing", async (argv, message) => {
  const { env, received } = await broker();

  const { stderr, exit } = await run("connector update", argv, env);

  expect(stderr).toMatch(message);
  expect(stderr).not.toContain("geheim");
  expect([exit, received]).toEqual([2, []]);
});

test("update leads to no other database: its position would mean nothing there", async () => {
  const { env, received } = await broker();

  const { stderr, exit } = await run("connector update", ["shop", "--url", "postgresql://u@h/other"], env);

  expect(stderr).toBe(
    "Error: Connector shop stays with the database shop; --url names another.\nTry: kbroker connector create\n",
  );
  expect([exit, sent(received)]).toEqual([2, ["GET "]]);
});
