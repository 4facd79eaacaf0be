import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SourceCheck, SourceWish } from "../../../../src/lib/connectors/port.ts";
import { versionCheck } from "../../../../src/lib/connectors/postgresql/checks/server.ts";
import { postgresqlSource } from "../../../../src/lib/connectors/postgresql/source.ts";
import type { TableName } from "../../../../src/lib/domain/connector.ts";
import { dialDeps, roleOf, superuserOf } from "../../../support/dialled.ts";
import { startPostgresql, testWithPostgresql } from "../../../support/postgresql.ts";
import { postgresqlBin } from "../../../support/postgresql-program.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";

const PASSWORD = "s3cret";
let server: Postgresql;

const SCHEMA = `
  CREATE TABLE full_identity (id int PRIMARY KEY, name text); ALTER TABLE full_identity REPLICA IDENTITY FULL;
  CREATE TABLE orders (id int PRIMARY KEY, name text);
  CREATE TABLE keyless (id int);
  CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
  CREATE TABLE by_index (id int PRIMARY KEY, no int NOT NULL UNIQUE);
  ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_no_key;
  CREATE TABLE by_key_index (id int PRIMARY KEY); ALTER TABLE by_key_index REPLICA IDENTITY USING INDEX by_key_index_pkey;
  CREATE TABLE late (id int PRIMARY KEY DEFERRABLE);
  CREATE TABLE made (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
  CREATE TABLE made_key (id int, twice int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY);
  CREATE VIEW seen AS SELECT * FROM orders;
  CREATE MATERIALIZED VIEW kept AS SELECT * FROM orders;
  CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
  CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child () INHERITS (parent);
  CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
  CREATE TABLE guarded (id int PRIMARY KEY); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
  CREATE SCHEMA sales; CREATE TABLE sales.elsewhere (id int PRIMARY KEY); CREATE TABLE sales."Odd ""name" (a int, b int, c int, PRIMARY KEY (b, a) INCLUDE (c));
  GRANT SELECT ON guarded, full_identity TO reader;
  GRANT CREATE ON DATABASE postgres TO builder;
`;

beforeAll(async () => {
  if (postgresqlBin() === undefined) return;
  server = await openPostgresql({ settings: { max_replication_slots: "4" } });
  await server.createRole("reader", { password: PASSWORD, attributes: "REPLICATION" });
  await server.createRole("builder", { password: PASSWORD, attributes: "REPLICATION" });
  await server.createRole("nobody", { password: PASSWORD });
  await server.sql(SCHEMA);
});
afterAll(() => server?.close());

const secrets = () => ({ KBROKER_SECRET_POSTGRES: server.password, KBROKER_SECRET_SHOP: PASSWORD });
const as = (user: string) =>
  ({ ...roleOf(server, user), password: { kind: "env", name: "KBROKER_SECRET_SHOP" } }) as const;
const publicTables = (...names: string[]): TableName[] => names.map((table) => ({ schema: "public", table }));

function check(wish: Partial<SourceWish>): Promise<readonly SourceCheck[]> {
  return postgresqlSource(dialDeps(secrets())).check({
    ...{
      database: superuserOf(server),
      tables: publicTables("full_identity"),
      slot: "kbroker_a",
      publication: "kbroker_a",
    },
    ...{ ownsPublication: true, snapshot: "initial", hasSlot: false },
    ...wish,
  });
}

const of = (checks: readonly SourceCheck[], name: string) => checks.filter((one) => one.check === name);
const errors = (checks: readonly SourceCheck[]) => checks.filter(({ result }) => result === "error");

/** Everything that a check could have changed. */
async function catalogs() {
  const questions = ["pg_publication", "pg_publication_rel", "pg_replication_slots", "pg_class", "pg_db_role_setting"];
  const columns = ["*", "*", "slot_name, plugin, active", "relname, relreplident, relpersistence", "*"];
  const found: unknown[] = [];
  for (const [n, name] of questions.entries())
    found.push(await server.sql(`SELECT ${columns[n]} FROM ${name} ORDER BY 1`));
  return found;
}

testWithPostgresql("a database that is ready has one finding for each thing, and nothing is changed", async () => {
  const before = await catalogs();
  const checks = await check({});

  expect(checks.map(({ check: name, result }) => `${name} ${result}`)).toEqual([
    ...["reachable ok", "credentials ok", "version ok", "primary ok", "wal_level ok", "replication_right ok"],
    ...[
      "replication_slots ok",
      "wal_senders ok",
      "max_slot_wal_keep_size warning",
      "table ok",
      "publication ok",
      "slot ok",
    ],
  ]);
  expect(of(checks, "max_slot_wal_keep_size")[0]?.message).toContain("unlimited");
  expect(checks.every(({ result, fix }) => (result === "ok") === (fix === null))).toBe(true);
  expect(await catalogs()).toEqual(before);
});

describe("a table", () => {
  testWithPostgresql.for<[string, string, string, RegExp, string]>([
    [
      "keyless",
      "primary_key",
      "error",
      /refuses every UPDATE and DELETE/,
      'ALTER TABLE "public"."keyless" ADD PRIMARY KEY',
    ],
    ["made_key", "primary_key", "error", /twice/, "ordinary columns"],
    ["nothing", "replica_identity", "error", /NOTHING/, 'ALTER TABLE "public"."nothing" REPLICA IDENTITY DEFAULT;'],
    ["by_index", "replica_identity", "error", /INDEX/, 'ALTER TABLE "public"."by_index" REPLICA IDENTITY DEFAULT;'],
    ["late", "replica_identity", "error", /DEFERRABLE/, 'ALTER TABLE "public"."late" REPLICA IDENTITY FULL;'],
    ["orders", "replica_identity", "warning", /only the key/, 'ALTER TABLE "public"."orders" REPLICA IDENTITY FULL;'],
    ["by_key_index", "replica_identity", "warning", /only the key/, "REPLICA IDENTITY FULL;"],
    ["seen", "table_kind", "error", /a view/, "--table"],
    ["kept", "table_kind", "error", /materialized/, "--table"],
    ["unlogged", "table_kind", "error", /unlogged/, 'ALTER TABLE "public"."unlogged" SET LOGGED;'],
    ["parent", "table_kind", "error", /inherit/, "--table"],
    ["parted", "table_kind", "error", /partitioned/, "--table"],
    ["Order", "table", "error", /no table public.Order. Did you mean public.orders\?/, "--table public.orders"],
    ["Ordres", "table", "error", /Did you mean public.orders\?/, "--table public.orders"],
    ["elsewhere", "table", "error", /Did you mean sales.elsewhere\?/, "--table sales.elsewhere"],
    ["nothing_like_it", "table", "error", /no table public.nothing_like_it.$/, "pg_tables"],
  ])("%s: %s", async ([table, name, result, message, fix]) => {
    const checks = await check({ tables: publicTables(table) });

    expect(of(checks, name)[0]).toMatchObject({ result, message: expect.stringMatching(message) });
    expect(of(checks, name)[0]?.fix).toContain(fix);
  });

  testWithPostgresql("with generated columns says which are in no event", async () => {
    const checks = await check({ tables: publicTables("made") });

    expect(of(checks, "generated_columns")[0]).toMatchObject({
      result: "warning",
      message: expect.stringContaining("twice"),
    });
    expect(errors(checks)).toEqual([]);
  });

  testWithPostgresql("of another schema, with an odd name and a key of two columns, is fine", async () => {
    const tables = [{ schema: "sales", table: 'Odd "name' }];
    await server.sql(`ALTER TABLE sales."Odd ""name" REPLICA IDENTITY FULL`);

    expect(of(await check({ tables }), "table")[0]).toMatchObject({
      result: "ok",
      message: 'sales.Odd "name: key (b, a).',
    });
  });

  testWithPostgresql("that is temporary, a foreign one or PostgreSQL's own is refused", async () => {
    const session = await server.connect();
    await session.query("CREATE TEMP TABLE passing (id int PRIMARY KEY)");
    const [temp] = (await session.query("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")).rows;
    await server.sql(`CREATE FOREIGN DATA WRAPPER far; CREATE SERVER far FOREIGN DATA WRAPPER far;
      CREATE FOREIGN TABLE distant (id int) SERVER far`);

    const checks = await check({
      tables: [
        { schema: temp.nspname, table: "passing" },
        ...publicTables("distant"),
        { schema: "pg_catalog", table: "pg_class" },
      ],
    });
    await session.end();

    expect(of(checks, "table_kind").map(({ message }) => message)).toEqual([
      expect.stringContaining("temporary"),
      expect.stringContaining("foreign"),
      expect.stringContaining("PostgreSQL's own"),
    ]);
  });

  testWithPostgresql("that the role may not read is named with its grants, unless no rows are read", async () => {
    const tables = [...publicTables("orders", "guarded"), { schema: "sales", table: 'Odd "name' }];

    const initial = await check({ database: as("reader"), tables });
    const none = await check({ database: as("reader"), tables, snapshot: "none" });

    expect(of(initial, "select_right").map(({ fix }) => fix)).toEqual([
      'GRANT SELECT ON "public"."orders" TO "reader";',
      'GRANT USAGE ON SCHEMA "sales" TO "reader"; GRANT SELECT ON "sales"."Odd ""name" TO "reader";',
    ]);
    expect(of(initial, "row_security")[0]).toMatchObject({ result: "error", fix: 'ALTER ROLE "reader" BYPASSRLS;' });
    expect([...of(none, "select_right"), ...of(none, "row_security")]).toEqual([]);
  });
});

describe("the role", () => {
  testWithPostgresql("needs the right to replicate", async () => {
    const checks = await check({ database: as("nobody") });

    expect(of(checks, "replication_right")[0]).toMatchObject({ result: "error" });
    expect(of(checks, "replication_right")[0]?.fix).toContain('ALTER ROLE "nobody" REPLICATION;');
  });

  testWithPostgresql("has it as a member of rds_replication", async () => {
    await server.sql("CREATE ROLE rds_replication; GRANT rds_replication TO nobody");
    const checks = await check({ database: as("nobody") });
    await server.sql("DROP ROLE rds_replication");

    expect(of(checks, "replication_right")[0]).toMatchObject({ result: "ok" });
  });

  testWithPostgresql("needs the tables and CREATE for a publication of its own, or somebody to make it", async () => {
    const [notOwner] = of(await check({ database: as("builder") }), "publication");
    await server.sql("CREATE TABLE mine (id int PRIMARY KEY); ALTER TABLE mine OWNER TO reader");
    const [noCreate] = of(await check({ database: as("reader"), tables: publicTables("mine") }), "publication");
    await server.sql("ALTER TABLE mine OWNER TO builder");
    const [fine] = of(await check({ database: as("builder"), tables: publicTables("mine") }), "publication");

    expect(notOwner).toMatchObject({
      result: "error",
      message: expect.stringContaining("does not own public.full_identity"),
    });
    expect(notOwner?.fix).toContain('CREATE PUBLICATION "kbroker" FOR TABLE "public"."full_identity";');
    expect(notOwner?.fix).toContain("--publication kbroker");
    expect(noCreate).toMatchObject({ result: "error", message: expect.stringContaining("may create nothing") });
    expect(fine).toMatchObject({ result: "ok" });
  });

  testWithPostgresql("is asked for with SQL that works: without what no publication can have", async () => {
    const wish = { database: as("builder"), tables: publicTables("orders", "seen", "parent", "absent") };
    const none = await check({ ...wish, tables: publicTables("seen", "absent") });
    const [found] = of(await check(wish), "publication");

    expect(found?.fix).toContain('FOR TABLE "public"."orders"; and');
    expect(of(none, "publication")).toMatchObject([{ result: "skipped" }]);
  });
});

describe("a publication of somebody else", () => {
  const given = { publication: "theirs", ownsPublication: false, tables: publicTables("full_identity", "orders") };
  const publications = async (sql: string) => {
    await server.sql("DROP PUBLICATION IF EXISTS theirs");
    await server.sql(sql);
    return of(await check(given), "publication");
  };

  testWithPostgresql.for<[string, string, string, RegExp, string]>([
    ["is not there", "SELECT 1", "error", /no publication "theirs"/, 'CREATE PUBLICATION "theirs" FOR TABLE'],
    [
      "leaves out a table",
      "CREATE PUBLICATION theirs FOR TABLE orders",
      "error",
      /does not publish public.full_identity/,
      'ALTER PUBLICATION "theirs" ADD TABLE "public"."full_identity";',
    ],
    [
      "leaves out deletes",
      "CREATE PUBLICATION theirs FOR ALL TABLES WITH (publish = 'insert, update, truncate')",
      "error",
      /does not publish delete/,
      "SET (publish = 'insert, update, delete, truncate');",
    ],
    [
      "leaves out truncates",
      "CREATE PUBLICATION theirs FOR ALL TABLES WITH (publish = 'insert, update, delete')",
      "warning",
      /does not publish truncate/,
      "SET (publish",
    ],
    [
      "filters rows",
      "CREATE PUBLICATION theirs FOR TABLE full_identity, orders WHERE (id > 1)",
      "warning",
      /only some rows of public.orders/,
      'DROP TABLE "public"."orders"; ALTER PUBLICATION "theirs" ADD TABLE "public"."orders";',
    ],
    [
      "lists columns",
      "CREATE PUBLICATION theirs FOR TABLE full_identity, orders (id)",
      "warning",
      /only some columns of public.orders/,
      'DROP TABLE "public"."orders";',
    ],
    [
      "covers everything",
      "CREATE PUBLICATION theirs FOR TABLE full_identity, orders",
      "ok",
      /publishes all tables/,
      "",
    ],
    ["covers all tables", "CREATE PUBLICATION theirs FOR ALL TABLES", "ok", /publishes all tables/, ""],
  ])("%s", async ([, sql, result, message, fix]) => {
    const [found, ...more] = await publications(sql);

    expect(found).toMatchObject({ result, message: expect.stringMatching(message) });
    expect(found?.fix ?? "").toContain(fix);
    expect(more).toEqual([]);
  });

  testWithPostgresql("publishes partitions as their parent", async () => {
    await server.sql("DROP PUBLICATION IF EXISTS theirs");
    await server.sql("CREATE PUBLICATION theirs FOR TABLE part_1 WITH (publish_via_partition_root = true)");

    const checks = of(await check({ ...given, tables: publicTables("part_1") }), "publication");

    expect(checks[0]).toMatchObject({ result: "error", message: expect.stringContaining("parent") });
  });
});

describe("a slot", () => {
  testWithPostgresql("of that name is in the way of a new connector, and what an old one needs", async () => {
    await server.sql("SELECT pg_create_logical_replication_slot('kbroker_a', 'pgoutput')");
    const [taken] = of(await check({}), "slot");
    const [ours] = of(await check({ hasSlot: true }), "slot");
    await server.sql("SELECT pg_drop_replication_slot('kbroker_a')");
    await server.sql("SELECT pg_create_physical_replication_slot('kbroker_a')");
    const [other] = of(await check({ hasSlot: true }), "slot");
    await server.sql("SELECT pg_drop_replication_slot('kbroker_a')");
    const [gone] = of(await check({ hasSlot: true }), "slot");

    expect(taken).toMatchObject({ result: "warning", fix: "SELECT pg_drop_replication_slot('kbroker_a');" });
    expect(ours).toMatchObject({ result: "ok" });
    expect(other).toMatchObject({ result: "error", message: expect.stringContaining("no slot of this connector") });
    expect(gone).toMatchObject({
      result: "warning",
      fix: expect.stringContaining("restart <name> --snapshot initial"),
    });
  });

  testWithPostgresql("needs a free place, unless the connector has one", async () => {
    const names = ["f1", "f2", "f3", "f4"];
    for (const name of names) await server.sql("SELECT pg_create_physical_replication_slot($1)", [name]);
    const [full] = of(await check({}), "replication_slots");
    const [has] = of(await check({ hasSlot: true }), "replication_slots");
    for (const name of names) await server.sql("SELECT pg_drop_replication_slot($1)", [name]);

    expect(full).toMatchObject({ result: "error", message: "All 4 replication slots are taken." });
    expect(full?.fix).toContain("max_replication_slots = 9");
    expect(has).toMatchObject({ result: "ok" });
  });
});

describe("what makes the rest pointless", () => {
  testWithPostgresql("is a server that is not reached, or not entered", async () => {
    const away = await check({ database: { ...superuserOf(server), port: 1 } });
    const denied = await check({ database: { ...as("reader"), user: "nobody-at-all" } });
    const empty = await check({
      database: { ...as("reader"), password: { kind: "env", name: "KBROKER_SECRET_NONE" } },
    });

    expect(away.slice(0, 3).map(({ result }) => result)).toEqual(["error", "skipped", "skipped"]);
    expect(denied.slice(0, 3).map(({ result }) => result)).toEqual(["ok", "error", "skipped"]);
    expect(empty.slice(0, 3).map(({ result }) => result)).toEqual(["skipped", "error", "skipped"]);
    for (const checks of [away, denied, empty]) {
      expect(checks).toHaveLength(12);
      expect(errors(checks)).toHaveLength(1);
      expect(checks.slice(2).every(({ result }) => result === "skipped")).toBe(true);
    }
  });

  test("is a server that is too old", () => {
    expect(versionCheck({ version: "11.22", number: "110022" })).toMatchObject({ check: "version", result: "error" });
    expect(versionCheck({ version: "12.0", number: "120000" })).toMatchObject({ result: "ok" });
  });
});

testWithPostgresql("settings of the server that stand in the way are all named at once", async () => {
  const other = await startPostgresql({
    settings: {
      wal_level: "replica",
      max_wal_senders: "0",
      max_replication_slots: "0",
      max_slot_wal_keep_size: "64MB",
    },
  });
  await other.sql("CREATE DATABASE raw ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  const source = postgresqlSource(dialDeps({ KBROKER_SECRET_POSTGRES: other.password }));
  const checks = await source.check({
    ...{
      database: { ...superuserOf(other), database: "raw" },
      tables: publicTables("none"),
      slot: "s",
      publication: "s",
    },
    ...{ ownsPublication: true, snapshot: "initial", hasSlot: false },
  });

  expect(errors(checks).map(({ check: name }) => name)).toEqual([
    "wal_level",
    "replication_slots",
    "wal_senders",
    "table",
  ]);
  expect(of(checks, "wal_level")[0]?.fix).toContain("ALTER SYSTEM SET wal_level = 'logical';");
  expect(of(checks, "max_slot_wal_keep_size")[0]).toMatchObject({ message: expect.stringContaining("64MB") });
  expect(of(checks, "encoding")[0]).toMatchObject({ result: "warning" });
});
