import { afterAll, beforeAll, expect } from "vitest";
import type { SourceSettings } from "../../../../src/lib/connectors/port.ts";
import { testWithPostgresql as test } from "../../../support/postgresql.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";
import { event, freshSettings, openEventually, read, sourceOf } from "./source-harness.ts";

let server: Postgresql;
beforeAll(async () => {
  server = await openPostgresql();
});
afterAll(() => server.close());

const { signal } = new AbortController();
const NEW = { checkpoint: undefined, startsOver: true, signal };

/** Begun, read up to a place and closed again. */
async function begun(changed: Partial<SourceSettings> = {}) {
  const { tables: _, ...rest } = changed;
  const settings = await freshSettings(server, { tables: ["orders", "items"], ...rest });
  const client = await server.connect({ database: settings.database.database });
  await client.query("CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY)");
  const source = sourceOf(server);
  const stream = await source.open({ settings, ...NEW });
  const batch = await stream.next();
  await stream.close();
  const again = { settings, checkpoint: batch?.checkpoint, startsOver: false, signal };
  return { settings, client, source, again };
}

test("says that the slot is lost, and makes no new one in silence", async () => {
  const { settings, client, source, again } = await begun();
  await client.query("SELECT pg_drop_replication_slot($1)", [settings.slot]);

  const opening = source.open(again);

  await expect(opening).rejects.toMatchObject({ fault: { code: "slot_lost" } });
  expect((await client.query("SELECT 1 FROM pg_replication_slots WHERE slot_name = $1", [settings.slot])).rows).toEqual(
    [],
  );
});

test("begins anew with a slot of its own when it starts over", async () => {
  const { client, source, again } = await begun();
  await client.query("INSERT INTO orders VALUES (1)");

  const stream = await source.open({ ...again, startsOver: true });
  await client.query("INSERT INTO orders VALUES (2)");
  const { changes } = await read(stream, 1);
  await stream.close();

  expect(changes.map(({ key }) => key)).toEqual(["2"]);
});

test("goes on from the slot where no position was noted", async () => {
  const { client, source, again } = await begun();
  await client.query("INSERT INTO orders VALUES (1)");

  const stream = await source.open({ ...again, checkpoint: undefined });
  const { changes } = await read(stream, 1);
  await stream.close();

  expect(changes.map(({ key }) => key)).toEqual(["1"]);
});

test("says what is missing where the slot stands past the position that was noted", async () => {
  const { settings, client, source, again } = await begun();
  await client.query("INSERT INTO orders VALUES (1)");
  await client.query("SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())", [settings.slot]);

  const opening = source.open(again);

  await expect(opening).rejects.toMatchObject({
    fault: { code: "slot_lost", message: expect.stringContaining("restored from a backup") },
  });
});

test("says that somebody else reads from the slot", async () => {
  const { source, again } = await begun();
  const stream = await source.open(again);

  const opening = source.open(again);

  await expect(opening).rejects.toMatchObject({ fault: { code: "slot_in_use" } });
  await stream.close();
});

test("refuses a place in the history of another database", async () => {
  const { source, again } = await begun();
  const elsewhere = { ...Object(again.checkpoint), system: "7000000000000000000" };
  const ahead = { ...Object(again.checkpoint), lsn: "FFFF/0" };

  for (const checkpoint of [elsewhere, ahead]) {
    const opening = source.open({ ...again, checkpoint });

    await expect(opening).rejects.toMatchObject({ fault: { code: "other_database" } });
  }
});

test("refuses a position of another form", async () => {
  const { source, again } = await begun();

  const opening = source.open({ ...again, checkpoint: { version: 2 } });

  await expect(opening).rejects.toMatchObject({ fault: { message: expect.stringContaining("form") } });
});

test("says that the publication is gone, and makes no new one in silence", async () => {
  const { settings, client, source, again } = await begun();
  await client.query(`DROP PUBLICATION ${settings.publication}`);

  const opening = source.open(again);

  await expect(opening).rejects.toMatchObject({ fault: { code: "publication_missing" } });
});

test("says that the publication is gone when that happens while it streams", async () => {
  const { settings, client, source, again } = await begun();
  const stream = await source.open(again);
  await stream.next();
  await client.query(
    `INSERT INTO orders VALUES (1); DROP PUBLICATION ${settings.publication}; INSERT INTO orders VALUES (2)`,
  );

  const reading = read(stream, 2);

  await expect(reading).rejects.toMatchObject({ fault: { code: "publication_missing" } });
  await stream.close();
});

test("never makes or changes a publication that is somebody else's", async () => {
  const settings = await freshSettings(server, { tables: ["orders", "items"], ownsPublication: false });
  const client = await server.connect({ database: settings.database.database });
  await client.query("CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY)");
  const named = { ...settings, publication: `It's "theirs"` };
  const source = sourceOf(server);

  const opening = source.open({ settings: named, ...NEW });
  await expect(opening).rejects.toMatchObject({ fault: { code: "publication_missing" } });
  await client.query(`CREATE PUBLICATION "It's ""theirs""" FOR TABLE orders`);
  const stream = await source.open({ settings: named, ...NEW });
  await client.query("INSERT INTO orders VALUES (1); INSERT INTO items VALUES (1)");
  const { changes } = await read(stream, 1);
  await stream.close();

  expect(changes.map((change) => event(change).source.table)).toEqual(["orders"]);
  expect(stream.warnings()).toMatchObject([{ code: "table_missing", hint: expect.stringContaining("ADD TABLE") }]);
  const { rows } = await client.query("SELECT tablename::text FROM pg_publication_tables");
  expect(rows).toEqual([{ tablename: "orders" }]);
});

test("publishes exactly its tables, and warns of those that are gone", async () => {
  const { settings, client, source, again } = await begun();
  await client.query("CREATE TABLE more (id int PRIMARY KEY); DROP TABLE items");
  const tables = ["more", "items"].map((table) => ({ schema: "public", table }));

  const stream = await source.open({ ...again, settings: { ...settings, tables } });
  await client.query("INSERT INTO orders VALUES (1); INSERT INTO more VALUES (1)");
  const { changes } = await read(stream, 1);
  await stream.close();

  expect(changes.map(({ table, key }) => [table, key])).toEqual([[0, "1"]]);
  expect(stream.warnings()).toMatchObject([
    { code: "table_missing", message: expect.stringContaining("public.items") },
  ]);
});

test("stops where the primary key was changed since", async () => {
  const { client, source, again } = await begun();
  await client.query(
    "ALTER TABLE orders ADD COLUMN n int; ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id, n)",
  );

  const opening = source.open(again);

  await expect(opening).rejects.toMatchObject({ fault: { code: "key_changed" } });
});

test("needs no more than the rights to replicate and to select", async () => {
  const { settings, client } = await begun();
  await server.createRole("reader", { password: server.password, attributes: "REPLICATION" });
  await client.query(
    "CREATE PUBLICATION given FOR TABLE orders; GRANT SELECT ON orders TO reader; INSERT INTO orders VALUES (1)",
  );
  const least: SourceSettings = {
    ...{
      ...settings,
      publication: "given",
      ownsPublication: false,
      slot: `${settings.slot}_least`,
      snapshot: "initial",
    },
    ...{ database: { ...settings.database, user: "reader" }, tables: settings.tables.slice(0, 1) },
  };

  const stream = await sourceOf(server).open({ settings: least, ...NEW });
  await client.query("INSERT INTO orders VALUES (2)");
  const { changes } = await read(stream, 2);
  await stream.close();

  expect(changes.map((change) => `${event(change).op} ${change.key}`)).toEqual(["r 1", "c 2"]);
});

test("gives up the making of a slot that waits for a transaction when it is aborted", async () => {
  const settings = await freshSettings(server);
  const client = await server.connect({ database: settings.database.database });
  await client.query("CREATE TABLE orders (id int PRIMARY KEY)");
  await client.query("BEGIN; INSERT INTO orders VALUES (1)");
  const abort = new AbortController();
  const opening = sourceOf(server).open({ settings, ...NEW, signal: abort.signal });
  const making = "SELECT 1 FROM pg_replication_slots WHERE slot_name = $1";
  while ((await server.sql(making, [settings.slot])).length === 0);

  abort.abort(new Error("enough"));

  await expect(opening).rejects.toThrow("enough");
  await client.query("COMMIT");
  const stream = await openEventually(sourceOf(server), { settings, checkpoint: undefined, startsOver: true, signal });
  await stream.close();
});
