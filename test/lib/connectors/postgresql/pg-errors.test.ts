import { Client, DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dial } from "../../../../src/lib/connectors/postgresql/dial.ts";
import { sourceError } from "../../../../src/lib/connectors/postgresql/pg-errors.ts";
import type { DatabaseAddress } from "../../../../src/lib/domain/connector.ts";
import { dialDeps, roleOf, superuserOf } from "../../../support/dialled.ts";
import { testWithPostgresql } from "../../../support/postgresql.ts";
import { postgresqlBin } from "../../../support/postgresql-program.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";

let server: Postgresql;
const PASSWORD = "s3cret";
const deps = () => dialDeps({ KBROKER_SECRET_POSTGRES: server.password, KBROKER_SECRET_SHOP: PASSWORD });
const SHOP = { kind: "env", name: "KBROKER_SECRET_SHOP" } as const;
const address: DatabaseAddress = { host: "db.internal", port: 5432, database: "shop", user: "kbroker", tls: "disable" };

beforeAll(async () => {
  if (postgresqlBin() === undefined) return;
  server = await openPostgresql({ settings: { max_replication_slots: "3", max_wal_senders: "1" } });
  await server.createRole("plain", { password: PASSWORD });
  await server.createRole("one", { password: PASSWORD, attributes: "CONNECTION LIMIT 0" });
  await server.sql("CREATE ROLE nologin PASSWORD 's3cret'");
  await server.sql("CREATE TABLE hidden (id int PRIMARY KEY)");
  await server.sql("CREATE TABLE guarded (id int PRIMARY KEY)");
  await server.sql("ALTER TABLE guarded ENABLE ROW LEVEL SECURITY");
  await server.sql("GRANT SELECT ON guarded TO plain");
});
afterAll(() => server?.close());

interface Attempt {
  readonly as?: string;
  readonly replication?: boolean;
  readonly database?: string;
  readonly statements: readonly string[];
}

/** What becomes of the first error. */
async function provoke({ as, replication = false, database = "postgres", statements }: Attempt) {
  const who = as === undefined ? superuserOf(server) : { ...roleOf(server, as), password: SHOP };
  const { config, destroy } = await dial({ ...who, database }, deps());
  const client = new Client({ ...config, ...(replication && { replication: "database" }) });
  client.on("error", () => {});
  try {
    await client.connect();
    for (const statement of statements) await client.query(statement);
    return undefined;
  } catch (error) {
    return sourceError(error, { address: { ...who, database }, slot: "kbroker_shop" }).fault;
  } finally {
    await client.end();
    destroy();
  }
}

const start = (slot: string, publication: string) =>
  `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${publication}')`;
const slotOf = (name: string) => `SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`;

testWithPostgresql.for<[string, Attempt, string, RegExp, RegExp]>([
  ["28P01", { as: "none", statements: [] }, "authentication_failed", /refuses the password/, /KBROKER_SECRET_SHOP/],
  ["28000", { as: "nologin", statements: [] }, "authentication_failed", /nobody in/, /ALTER ROLE "nologin" LOGIN;/],
  ["3D000", { database: "none", statements: [] }, "database_unreachable", /no database "none"/, /psql .* -l/],
  ["53300", { as: "one", statements: [] }, "database_unreachable", /no connection left/, /CONNECTION LIMIT/],
  [
    "42501",
    { as: "plain", replication: true, statements: [] },
    "not_allowed",
    /may not/,
    /ALTER ROLE "plain" REPLICATION;/,
  ],
  ["42501", { as: "plain", statements: ["SELECT FROM public.hidden"] }, "not_allowed", /for table hidden/, /SELECT/],
  [
    "42501",
    { as: "plain", statements: ["SET row_security = off", "SELECT FROM public.guarded"] },
    "not_allowed",
    /Row security/,
    /BYPASSRLS;/,
  ],
  [
    "42704",
    { replication: true, statements: [start("none", "p")] },
    "slot_lost",
    /cannot be read/,
    /restart <name> --snapshot initial/,
  ],
  [
    "53400",
    { statements: [1, 2, 3, 4].map((n) => slotOf(`full_${n}`)) },
    "no_free_slot",
    /no replication slot left/,
    /max_replication_slots/,
  ],
  ["42P01", { statements: ["SELECT FROM public.none"] }, "table_missing", /not there/, /--remove-table/],
  ["3F000", { statements: ["CREATE TABLE none.t ()"] }, "table_missing", /not there/, /--remove-table/],
  [
    "25006",
    { statements: ["SET default_transaction_read_only = on", "CREATE TABLE public.t ()"] },
    "database_unreachable",
    /standby/,
    /primary/,
  ],
  [
    "57014",
    { statements: ["SET statement_timeout = 1", "SELECT pg_sleep(600)"] },
    "unexpected",
    /in time/,
    /pg_stat_activity/,
  ],
  ["57P01", { statements: ["SELECT pg_terminate_backend(pg_backend_pid())"] }, "database_unreachable", /57P01/, /log/],
  ["22012", { statements: ["SELECT 1/0"] }, "unexpected", /division by zero/, /log/],
])("%s", async ([state, attempt, code, message, hint]) => {
  const fault = await provoke(attempt);
  await server.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");

  expect(fault).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(hint) });
  expect(fault?.message).toContain(`(${state})`);
});

testWithPostgresql("a publication that is gone is told apart from a slot of the same name", async () => {
  await server.sql("CREATE TABLE read (id int PRIMARY KEY)");
  await server.sql(slotOf("kbroker_shop"));
  await server.sql("INSERT INTO read VALUES (1)");

  const { config } = await dial(superuserOf(server), deps());
  const client = new Client({ ...config, ...{ replication: "database" } });
  await client.connect();
  const error = await client.query(start("kbroker_shop", "kbroker_shop")).catch((thrown: unknown) => thrown);
  await client.end();
  await server.sql("SELECT pg_drop_replication_slot('kbroker_shop')");

  expect(sourceError(error, { address }).fault).toMatchObject({
    code: "publication_missing",
    hint: expect.stringMatching(/kbroker connector restart <name> --snapshot initial$/),
  });
});

testWithPostgresql("a slot that somebody reads is in use", async () => {
  await server.sql(slotOf("kbroker_shop"));
  const { config } = await dial(superuserOf(server), deps());
  const reader = new Client({ ...config, ...{ replication: "database" } });
  reader.on("error", () => {});
  await reader.connect();
  const reading = reader.query(start("kbroker_shop", "none")).catch(() => {});
  await expect.poll(() => server.sql("SELECT 1 FROM pg_replication_slots WHERE active")).toHaveLength(1);

  const fault = await provoke({ statements: ["SELECT pg_drop_replication_slot('kbroker_shop')"] });
  const senders = await provoke({ replication: true, statements: [] });
  await Promise.all([reader.end(), reading]);
  await expect.poll(() => server.sql("SELECT 1 FROM pg_replication_slots WHERE active")).toHaveLength(0);
  await server.sql("SELECT pg_drop_replication_slot('kbroker_shop')");

  expect(fault).toMatchObject({ code: "slot_in_use", hint: expect.stringContaining("slot_name = 'kbroker_shop'") });
  expect(senders).toMatchObject({ code: "database_unreachable", hint: expect.stringContaining("max_wal_senders") });
});

testWithPostgresql("wal_level and a lock that is not granted have their own words", async () => {
  const holder = await server.connect();
  await holder.query("BEGIN; LOCK TABLE hidden");
  const locked = await provoke({ statements: ["SET lock_timeout = 1", "BEGIN", "LOCK TABLE public.hidden"] });
  await holder.end();

  await server.set({ wal_level: "replica" });
  await server.restart();
  const level = await provoke({ replication: true, statements: ["CREATE_REPLICATION_SLOT s LOGICAL pgoutput"] });

  expect(locked).toMatchObject({ code: "unexpected", message: expect.stringContaining("(55P03)") });
  expect(level).toMatchObject({ code: "wal_level", hint: expect.stringContaining("SET wal_level = 'logical'") });
});

/** What a server on this machine cannot be brought to say at will. */
test.for<[string, string, string]>([
  ["55000", "StartLogicalReplication", "slot_lost"],
  ["55000", "CreateDecodingContext", "slot_lost"],
  ["58P01", "WalSndSegmentOpen", "slot_lost"],
  ["58P01", "internal_load_library", "unexpected"],
  ["0A000", "CheckLogicalDecodingRequirements", "database_unreachable"],
  ["08P01", "", "database_unreachable"],
  ["57P02", "quickdie", "database_unreachable"],
  ["57P03", "ProcessStartupPacket", "database_unreachable"],
  ["57P05", "ProcessInterrupts", "database_unreachable"],
  ["40P01", "DeadLockReport", "unexpected"],
  ["40001", "", "unexpected"],
  ["53000", "", "unexpected"],
  ["53100", "", "unexpected"],
  ["53200", "", "unexpected"],
])("%s of %s is %s", ([state, routine, code]) => {
  const error = Object.assign(new DatabaseError("words of the server", 1, "error"), { code: state, routine });

  const { fault } = sourceError(error, { address, slot: "kbroker_shop" });

  expect(fault.code).toBe(code);
  expect(fault.message).toContain(`words of the server (${state})`);
  expect(fault.message).toContain("db.internal:5432");
  expect(fault.hint).not.toBe("");
});

describe("the network", () => {
  test.for([
    ["ECONNREFUSED", "nothing listens at db.internal:5432"],
    ["ENOTFOUND", "there is no address for db.internal"],
    ["EAI_AGAIN", "name server"],
    ["EHOSTUNREACH", "no way to"],
    ["ENETUNREACH", "no way to"],
    ["ETIMEDOUT", "does not answer"],
    ["ECONNRESET", "broke the connection"],
    ["EPIPE", "broke the connection"],
    ["CERT_HAS_EXPIRED", "certificate"],
  ] as const)("%s: %s", ([code, words]) => {
    const { fault, passes } = sourceError(Object.assign(new Error("said"), { code }), { address });

    expect(fault).toMatchObject({ code: "database_unreachable", message: expect.stringContaining(words) });
    expect(fault.message).toContain('database "shop" at db.internal:5432 as user "kbroker"');
    expect(passes).toBe(true);
  });

  test.for([
    ["timeout expired", "does not answer in time"],
    ["Connection terminated unexpectedly", "ended the connection"],
    ["Client has encountered a connection error and is not queryable", "ended the connection"],
    ["There was an error establishing an SSL connection", "not PostgreSQL"],
  ] as const)("%s: %s", ([said, words]) => {
    const { fault } = sourceError(new Error(said), { address });

    expect(fault).toMatchObject({ code: "database_unreachable", message: expect.stringContaining(words) });
  });
});
