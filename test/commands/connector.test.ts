import { expect, test } from "vitest";
import { connectorCheckReply, connectorReply } from "../../src/lib/api/connector.ts";
import { AT, connector, connectorChecks, failedChecks } from "./fixtures.ts";
import { run, runJson } from "./run.ts";
import { answer, failure, stubBroker } from "./stub-broker.ts";

const URL = "postgresql://kbroker@db.internal/shop";
const LINE = ["shop", "--product", "shop", "--url", URL, "--table", "orders"];
const CHECK = "POST /admin/v1/connector-checks";
const CREATE = "POST /admin/v1/connectors";
const DESCRIBE = "GET /admin/v1/connectors/shop";

const broker = (checks = connectorChecks()) =>
  stubBroker({ [CHECK]: checks, [CREATE]: answer(201, connector()), [DESCRIBE]: connector() });
const bodies = (received: readonly { body: Buffer }[]) => received.map(({ body }) => JSON.parse(String(body)));
const routes = (received: readonly { method: string; url: string }[]) =>
  received.map(({ method, url }) => `${method} ${url}`);

const wish = {
  ...{ name: "shop", product: "shop", kind: "postgresql" },
  database: { host: "db.internal", port: 5432, database: "shop", user: "kbroker", tls: "verify-full" },
  tables: [{ schema: "public", table: "orders" }],
};

test("connector create sends what the line says, and says where the events go and what comes next", async () => {
  const { env, received } = await broker();

  const { stdout, stderr, exit } = await run("connector create", LINE, env);

  expect(routes(received)).toEqual([CHECK, CREATE]);
  expect(bodies(received)).toEqual([wish, wish]);
  expect([stdout, exit]).toEqual([
    "Created connector shop.\nChanges of public.orders go to cdc_shop-shop_orders.\nChanges of sales.customers go to cdc_shop-shop_sales.customers.\n",
    0,
  ]);
  expect(stderr).toMatch(
    /Next: kbroker subscription create <name> --topic cdc_shop-shop_orders --endpoint <url>\nNext: kbroker connector describe shop --watch\n$/,
  );
});

test("a warning of the checks is said, with the SQL on a line of its own", async () => {
  const { env } = await broker();

  const { stderr } = await run("connector create", LINE, env);

  expect(stderr).toMatch(
    /^warning +replica_identity +before holds only the key of public\.orders\.\n {4}ALTER TABLE public\.orders REPLICA IDENTITY FULL;\nNext/,
  );
});

test("connector create hands over every setting, and a password only by its place", async () => {
  const { env, received } = await broker();
  const more = ["--table", 'sales."v1.items"', "--snapshot", "none", "--on-oversize", "skip", "--publication", "p"];
  const rest = ["--retained-wal-warn", "500MB", "--password-file", "shop-password"];

  await runJson("connector create", [...LINE, ...more, ...rest], env);
  await runJson("connector create", [...LINE, "--password-env", "KBROKER_SECRET_SHOP"], env);

  expect(bodies(received)).toEqual([
    {
      ...wish,
      database: { ...wish.database, password: { kind: "file", name: "shop-password" } },
      tables: [
        { schema: "public", table: "orders" },
        { schema: "sales", table: "v1.items" },
      ],
      ...{ snapshot: "none", onOversize: "skip", publication: "p", retainedBytesWarn: 500_000_000 },
    },
    { ...wish, database: { ...wish.database, password: { kind: "env", name: "KBROKER_SECRET_SHOP" } } },
  ]);
});

test("connector create --json gives the connector, and describe and list the same", async () => {
  const { env } = await broker();

  const created = await runJson("connector create", LINE, env);
  const described = await runJson("connector describe", ["shop"], env);

  expect(connectorReply.parse(created.json)).toEqual(connector());
  expect(connectorReply.parse(described.json)).toEqual(connector());
});

test("--dry-run only looks: what it found on stdout, with the SQL that mends it, and exit 5 where something fails", async () => {
  const { env, received } = await broker(failedChecks);

  const { stdout, stderr, exit } = await run("connector create", [...LINE, "--dry-run"], env);
  const { json, exit: jsonExit } = await runJson("connector create", [...LINE, "--dry-run"], env);

  expect(stdout).toBe(
    'ok       reachable  PostgreSQL 15.18 answers.\nerror    wal_level  wal_level is "replica".\n    ALTER SYSTEM SET wal_level = logical;\n    -- then restart the database\nskipped  select     Nobody looked.\n',
  );
  expect(stderr).toBe('Check failed: wal_level: wal_level is "replica".\n');
  expect(connectorCheckReply.parse(json)).toEqual(failedChecks);
  expect([exit, jsonExit]).toEqual([5, 5]);
  expect(routes(received)).toEqual([CHECK, CHECK]);
});

test("--dry-run where all holds exits with 0 and creates nothing", async () => {
  const { env, received } = await broker();

  const { stderr, exit } = await run("connector create", [...LINE, "--dry-run"], env);

  expect(stderr).toBe("Nothing keeps it from being created; the events would go to cdc_shop-shop_orders.\n");
  expect([exit, routes(received)]).toEqual([0, [CHECK]]);
});

test("a creation that the checks refuse is exit 5, with what mends it", async () => {
  const problems = [
    { path: "wal_level", message: 'wal_level is "replica".', fix: "ALTER SYSTEM SET wal_level = logical;" },
  ];
  const refusal = failure(409, "connector_checks_failed", { problems });
  const { env } = await stubBroker({ [CHECK]: failedChecks, [CREATE]: refusal });

  const { stdout, stderr, exit } = await run("connector create", LINE, env);

  expect([stdout, exit]).toEqual(["", 5]);
  expect(stderr).toContain("    ALTER SYSTEM SET wal_level = logical;\n");
});

test.each([
  [[], /Missing: <name>, --product, --url, --table\.\nTry: kbroker connector create <name> --product/],
  [["shop", "--url", URL], /Missing: --product, --table\./],
  [
    ["shop", "--url", "postgresql://u:geheim@h/d", "--product", "s", "--table", "t"],
    /holds a password.+\n.+--password-env KBROKER_SECRET_<NAME>/,
  ],
  [[...LINE, "--password-env", "HOME"], /--password-env: The variable of a secret begins with KBROKER_SECRET_/],
  [[...LINE, "--password-file", "../x"], /--password-file: The file of a secret is named without a path/],
  [[...LINE, "--password-file", "x", "--password-env", "KBROKER_SECRET_X"], /cannot also be provided/],
  [[...LINE, "--table", "a.b.c"], /"a\.b\.c" is not the name of a table\./],
  [[...LINE, "--retained-wal-warn", "1G"], /--retained-wal-warn is "1G", which is not a number of bytes\./],
  [[...LINE, "--snapshot", "all"], /one of: initial, none/],
])("connector create %j is exit 2, and nothing is asked of the broker", async (argv, message) => {
  const { env, received } = await broker();

  const { stderr, exit } = await run("connector create", argv, env);

  expect(stderr).toMatch(message);
  expect(stderr).not.toContain("geheim");
  expect([exit, received]).toEqual([2, []]);
});

test("connector describe has the names of other nouns' commands: a missing name is exit 2 with the line to write", async () => {
  const { stderr, exit } = await run("connector describe", []);

  expect([exit, stderr]).toEqual([2, "Error: Missing: <connector>.\nTry: kbroker connector describe <connector>\n"]);
});

test("connector describe begins with whether it works", async () => {
  const { env } = await broker();

  const { stdout, exit } = await run("connector describe", ["shop"], env);

  expect(exit).toBe(0);
  expect(stdout).toMatch(/^shop streaming for /);
  expect(stdout).toContain(`created                ${AT}\n`);
});
