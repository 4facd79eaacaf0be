import { afterAll, beforeAll, expect } from "vitest";
import type { SourceChange, SourceStream } from "../../../../src/lib/connectors/port.ts";
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

async function opened(ddl: string, tables: readonly string[] = ["orders"]) {
  const settings = await freshSettings(server, { tables });
  const client = await server.connect({ database: settings.database.database });
  await client.query(ddl);
  const source = sourceOf(server);
  const stream = await source.open({ settings, ...NEW });
  return { settings, client, source, stream };
}

/** Until it is closed. */
async function readAll(stream: SourceStream): Promise<SourceChange[]> {
  const changes: SourceChange[] = [];
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    changes.push(...batch.changes);
    stream.safe(batch);
  }
  return changes;
}

test("tells of inserts, updates and deletes in the order of their commits", async () => {
  const { client, stream } = await opened("CREATE TABLE orders (id int PRIMARY KEY, name text)");

  await client.query("INSERT INTO orders VALUES (1, 'one')");
  await client.query("UPDATE orders SET name = 'uno' WHERE id = 1");
  await client.query("DELETE FROM orders");
  const { changes } = await read(stream, 3);
  await stream.close();

  expect(changes.map((change) => event(change).op)).toEqual(["c", "u", "d"]);
  expect(changes.map(({ key }) => key)).toEqual(["1", "1", "1"]);
});

test("loses no transaction whose commit begins where the confirmed one ended", async () => {
  const { settings, client, source, stream } = await opened("CREATE TABLE orders (id int PRIMARY KEY)");
  const { database } = settings.database;
  const writers = await Promise.all([1, 2, 3, 4].map(() => server.connect({ database })));
  for (const [id, writer] of writers.entries()) await writer.query(`BEGIN; INSERT INTO orders VALUES (${id})`);
  let current = stream;
  const seen: (string | undefined)[] = [];

  for (const [id, writer] of writers.entries()) {
    // Everything else was written before: only this commit follows the one that was confirmed last.
    await writer.query("COMMIT");
    await client.query(`INSERT INTO orders VALUES (${100 + id})`);
    for (let last: string | undefined; last !== `${100 + id}`; last = seen.at(-1)) {
      const { changes, last: batch } = await read(current, 1);
      seen.push(...changes.map(({ key }) => key));
      if (seen.at(-1) !== `${100 + id}`) continue;
      await current.close();
      const request = { settings, checkpoint: batch.checkpoint, startsOver: false, signal };
      current = await openEventually(source, request);
    }
  }
  await current.close();

  expect(seen).toEqual(["0", "100", "1", "101", "2", "102", "3", "103"]);
});

test("keeps every text as it is, and columns of any name", async () => {
  const { client, stream } = await opened(
    'CREATE TABLE orders (id int PRIMARY KEY, "__proto__" text, "constructor" text)',
  );
  const texts = ["\ufeffmarked", "\u{1f600} \u0001"];

  await client.query("INSERT INTO orders VALUES (1, $1, $2)", texts);
  const { changes } = await read(stream, 1);
  await stream.close();

  const told = new TextDecoder().decode(changes[0]?.payload);
  expect(told).toContain(`"__proto__":${JSON.stringify(texts[0])},"constructor":${JSON.stringify(texts[1])}`);
});

test("tells each table of a TRUNCATE, and nothing of an aborted transaction", async () => {
  const tables = ["orders", "items"];
  const { client, stream } = await opened(
    "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY); CREATE TABLE other (id int)",
    tables,
  );

  await client.query("BEGIN; INSERT INTO orders VALUES (1); ROLLBACK");
  await client.query(
    "BEGIN; INSERT INTO orders VALUES (2); SAVEPOINT s; INSERT INTO orders VALUES (3); ROLLBACK TO s; COMMIT",
  );
  await client.query("TRUNCATE orders, items, other");
  const { changes } = await read(stream, 3);
  await stream.close();

  const told = changes.map((change) => `${event(change).op} ${tables[change.table]} ${change.key ?? ""}`);
  expect(told).toHaveLength(3);
  expect(told[0]).toBe("c orders 2");
  expect(told).toEqual(expect.arrayContaining(["t items ", "t orders "]));
});

test("follows added, dropped and renamed columns without a new start", async () => {
  const { client, stream } = await opened("CREATE TABLE orders (id int PRIMARY KEY, a text)");

  await client.query("INSERT INTO orders VALUES (1, 'x')");
  await client.query("CREATE TYPE mood AS ENUM ('ok'); ALTER TABLE orders ADD COLUMN b mood[] DEFAULT '{ok}'");
  await client.query("INSERT INTO orders VALUES (2, 'x')");
  await client.query("ALTER TABLE orders DROP COLUMN a; ALTER TABLE orders RENAME COLUMN id TO number");
  await client.query("INSERT INTO orders VALUES (3)");
  const { changes } = await read(stream, 3);
  await stream.close();

  const told = changes.map((change) => [change.key, event(change).after]);
  expect(told).toEqual([
    ["1", { id: 1, a: "x" }],
    ["2", { id: 2, a: "x", b: ["ok"] }],
    ["3", { number: 3, b: ["ok"] }],
  ]);
});

test("gives a large transaction in parts, and all of it again after a part of it", async () => {
  const { settings, client, source, stream } = await opened("CREATE TABLE orders (id int PRIMARY KEY)");
  await client.query("INSERT INTO orders VALUES (0)");
  await read(stream, 1);
  await client.query("INSERT INTO orders SELECT n FROM generate_series(1, 20000) n");

  const part = await stream.next();
  const size = part?.changes.length ?? 0;
  if (part !== undefined) stream.safe(part);
  await stream.close();
  const request = { settings, checkpoint: part?.checkpoint, startsOver: false, signal };
  const again = await openEventually(source, request);
  const { changes } = await read(again, 20_000);
  await again.close();

  expect(size).toBeLessThan(20_000);
  expect(changes.slice(0, size)).toEqual(part?.changes);
  expect(changes.map(({ key }) => Number(key))).toEqual(Array.from({ length: 20_000 }, (_, place) => place + 1));
  expect(new Set(changes.map(({ id }) => id)).size).toBe(20_000);
});

test("lets the database forget what concerns other tables only", async () => {
  const { settings, client, stream } = await opened(
    "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE other (id int)",
  );
  await client.query("INSERT INTO other SELECT n FROM generate_series(1, 1000) n");
  const { rows } = await client.query<{ lsn: string }>("SELECT pg_current_wal_lsn()::text AS lsn");

  const confirmed = "SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND confirmed_flush_lsn >= $2::pg_lsn";
  const reading = readAll(stream);
  while ((await client.query(confirmed, [settings.slot, rows[0]?.lsn])).rows.length === 0);
  await stream.close();

  expect(await reading).toEqual([]);
});

test("confirms nothing that is not safe, and everything that is when it is closed", async () => {
  const { settings, client, stream } = await opened("CREATE TABLE orders (id int PRIMARY KEY)");
  const place = async () => {
    const sql = "SELECT confirmed_flush_lsn::text AS lsn, active FROM pg_replication_slots WHERE slot_name = $1";
    return (await client.query<{ lsn: string; active: boolean }>(sql, [settings.slot])).rows[0];
  };
  const begun = await place();
  await client.query("INSERT INTO orders VALUES (1)");
  await stream.next();
  const first = await stream.next();
  await client.query("INSERT INTO orders VALUES (2)");
  const second = await stream.next();
  const unsafe = await place();

  if (first !== undefined) stream.safe(first);
  await stream.close();
  const closed = await place();

  expect(second?.changes).toHaveLength(1);
  expect(unsafe?.lsn).toBe(begun?.lsn);
  expect(closed).toEqual({ lsn: first?.position, active: false });
});

test("holds little while the broker is slow, and stays connected to a server that waits for signs of life", async () => {
  const { client, stream } = await opened("CREATE TABLE orders (id int PRIMARY KEY, data text)");
  await server.set({ wal_sender_timeout: "3s" });
  await client.query("INSERT INTO orders SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) n");
  await stream.next();
  await stream.next();

  // The server would have ended it by then.
  await client.query("SELECT pg_sleep(5)");
  const waiting = await stream.next();
  const { changes } = await read(stream, 15_000);
  await stream.close();
  await server.set({ wal_sender_timeout: "60s" });

  expect(waiting?.changes.length).toBeLessThanOrEqual(2_000);
  expect(changes.length).toBeGreaterThanOrEqual(15_000);
});

test("ends with what is the matter when the server goes, and then for good", async () => {
  const own = await openPostgresql();
  const settings = await freshSettings(own);
  const client = await own.connect({ database: settings.database.database });
  await client.query("CREATE TABLE orders (id int PRIMARY KEY)");
  const stream = await sourceOf(own).open({ settings, ...NEW });
  await stream.next();
  const next = stream.next();
  client.on("error", () => undefined);

  await Promise.all([
    expect(next).rejects.toMatchObject({ fault: { code: "database_unreachable" } }),
    own.stop("fast"),
  ]);

  await expect(stream.next()).rejects.toMatchObject({ fault: { code: "database_unreachable" } });
  await stream.close();
  await own.close();
});

test("ends at once when it is aborted, and lets go of the slot", async () => {
  const { settings, client, source, stream: first } = await opened("CREATE TABLE orders (id int PRIMARY KEY)");
  await first.close();
  const abort = new AbortController();
  const request = { settings, checkpoint: undefined, startsOver: false, signal: abort.signal };
  const stream = await source.open(request);
  await stream.next();
  const next = stream.next();

  abort.abort();

  expect(await next).toBeUndefined();
  await stream.close();
  const { rows } = await client.query("SELECT active FROM pg_replication_slots WHERE slot_name = $1", [settings.slot]);
  expect(rows).toEqual([{ active: false }]);
});
