import { Client } from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { SourceError, type SourceSettings } from "../../../../src/lib/connectors/port.ts";
import { dial } from "../../../../src/lib/connectors/postgresql/dial.ts";
import { removeFromDatabase } from "../../../../src/lib/connectors/postgresql/remove.ts";
import { dialDeps, roleOf, superuserOf } from "../../../support/dialled.ts";
import { testWithPostgresql } from "../../../support/postgresql.ts";
import { postgresqlBin } from "../../../support/postgresql-program.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";

const PASSWORD = "s3cret";
let server: Postgresql;

beforeAll(async () => {
  if (postgresqlBin() === undefined) return;
  server = await openPostgresql();
  await server.createRole("reader", { password: PASSWORD, attributes: "REPLICATION" });
  await server.sql("CREATE TABLE orders (id int PRIMARY KEY)");
});
afterAll(() => server?.close());

const deps = () => dialDeps({ KBROKER_SECRET_POSTGRES: server.password, KBROKER_SECRET_SHOP: PASSWORD });
const settings = (more: Partial<SourceSettings> = {}): SourceSettings => ({
  ...{
    database: superuserOf(server),
    tables: [{ schema: "public", table: "orders" }],
    slot: "kbroker_r",
    publication: "kbroker_r",
  },
  ...{ ownsPublication: true, snapshot: "none" },
  ...more,
});

async function make(name = "kbroker_r") {
  await server.sql(`CREATE PUBLICATION ${name} FOR TABLE orders`);
  await server.sql(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`);
}

async function left() {
  const slots = await server.sql<{ name: string }>("SELECT slot_name::text AS name FROM pg_replication_slots");
  const publications = await server.sql<{ name: string }>("SELECT pubname::text AS name FROM pg_publication");
  return { slots: slots.map(({ name }) => name), publications: publications.map(({ name }) => name) };
}

/** Reads the slot until it is ended. */
async function stream(slot: string) {
  const { config } = await dial(superuserOf(server), deps());
  const client = new Client({ ...config, ...{ replication: "database" } });
  client.on("error", () => {});
  await client.connect();
  const text = `START_REPLICATION SLOT ${slot} LOGICAL 0/0 (proto_version '1', publication_names '${slot}')`;
  const reading = client.query(text).catch(() => {});
  await expect.poll(() => server.sql("SELECT 1 FROM pg_replication_slots WHERE active")).toHaveLength(1);
  return async () => {
    await client.end();
    await reading;
  };
}

testWithPostgresql("slot and publication go, what is another's stays, and a second time is fine", async () => {
  await make();
  await make("another");

  await removeFromDatabase(settings(), deps());
  await removeFromDatabase(settings(), deps());

  expect(await left()).toEqual({ slots: ["another"], publications: ["another"] });
  await removeFromDatabase(settings({ slot: "another", publication: "another" }), deps());
});

testWithPostgresql("a publication of somebody else stays", async () => {
  await make();

  await removeFromDatabase(settings({ ownsPublication: false }), deps());

  expect(await left()).toEqual({ slots: [], publications: ["kbroker_r"] });
  await server.sql("DROP PUBLICATION kbroker_r");
});

testWithPostgresql("a stream of ours that lets go a moment later is waited for", async () => {
  await make();
  const end = await stream("kbroker_r");
  let waits = 0;
  const after = async () => {
    waits += 1;
    if (waits === 1) await end();
  };
  const clock = { ...deps().clock, after };

  await removeFromDatabase(settings(), { ...deps(), clock: { ...clock, monotonic: () => 0 } });

  expect(waits).toBeGreaterThan(0);
  expect(await left()).toEqual({ slots: [], publications: [] });
});

testWithPostgresql("a slot that stays in use is left, its reader too, and the SQL for later is told", async () => {
  await make();
  const end = await stream("kbroker_r");
  let nowMs = 0;
  const after = async (delayMs: number) => {
    nowMs += delayMs;
  };

  const error = await removeFromDatabase(settings(), {
    ...deps(),
    clock: { now: () => 0, monotonic: () => nowMs, after },
  }).catch((thrown: unknown) => thrown);
  const active = await server.sql("SELECT active FROM pg_replication_slots");
  await end();
  await expect.poll(() => server.sql("SELECT 1 FROM pg_replication_slots WHERE active")).toEqual([]);
  const hint = error instanceof SourceError ? error.fault.hint : "";
  for (const statement of hint
    .slice(hint.indexOf("By hand: ") + 9)
    .split(";")
    .filter(Boolean))
    await server.sql(statement);

  expect(error).toMatchObject({
    passes: true,
    fault: { code: "slot_in_use", message: expect.stringContaining('"kbroker_r"') },
  });
  expect(active).toEqual([{ active: true }]);
  expect(await left()).toEqual({ slots: [], publications: [] });
});

testWithPostgresql("a publication that the role does not own is an error that says what its owner runs", async () => {
  await make();
  const database = { ...roleOf(server, "reader"), password: { kind: "env", name: "KBROKER_SECRET_SHOP" } } as const;

  const removing = removeFromDatabase(settings({ database }), deps());

  await expect(removing).rejects.toMatchObject({
    fault: { code: "not_allowed", hint: expect.stringContaining('DROP PUBLICATION IF EXISTS "kbroker_r";') },
  });
  expect(await left()).toEqual({ slots: [], publications: ["kbroker_r"] });
  await server.sql("DROP PUBLICATION kbroker_r");
});

testWithPostgresql(
  "a database that is gone has nothing left to remove, and another one's slot is not touched",
  async () => {
    await make();
    await server.sql("CREATE DATABASE shop");

    const other = removeFromDatabase(settings({ database: { ...superuserOf(server), database: "shop" } }), deps());

    await expect(other).rejects.toMatchObject({ fault: { code: "other_database" } });
    await server.sql("DROP DATABASE shop");
    await removeFromDatabase(settings({ database: { ...superuserOf(server), database: "shop" } }), deps());
    expect(await left()).toEqual({ slots: ["kbroker_r"], publications: ["kbroker_r"] });
    await removeFromDatabase(settings(), deps());
  },
);
