import { afterAll, beforeAll, expect } from "vitest";
import type { SourceBatch, SourceChange, SourceSettings, SourceStream } from "../../../../src/lib/connectors/port.ts";
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

async function prepared(ddl: string, tables: readonly string[] = ["orders"]) {
  const settings = await freshSettings(server, { tables, snapshot: "initial" });
  const client = await server.connect({ database: settings.database.database });
  await client.query(ddl);
  return { settings, client, source: sourceOf(server) };
}

/** Everything up to the end of the snapshot. */
async function readRows(stream: SourceStream): Promise<{ changes: SourceChange[]; batches: SourceBatch[] }> {
  const batches: SourceBatch[] = [];
  for (let isSnapshot = true; isSnapshot; ) {
    const batch = await stream.next();
    if (batch === undefined) throw new Error("The stream ended.");
    batches.push(batch);
    isSnapshot = batch.isSnapshot;
  }
  return { changes: batches.flatMap(({ changes }) => changes), batches };
}

test("reads every row once, as it was when the slot began, and then the changes", async () => {
  const { settings, client, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY, name text); INSERT INTO orders SELECT n, 'before' FROM generate_series(1, 2500) n",
  );
  const stream = await source.open({ settings, ...NEW });
  await client.query("UPDATE orders SET name = 'after' WHERE id = 2500");

  const rows = await readRows(stream);
  const changes = await read(stream, 1);
  await stream.close();

  expect(rows.changes.map(({ key }) => key)).toEqual(Array.from({ length: 2500 }, (_, place) => `${place + 1}`));
  expect(new Set(rows.changes.map((change) => event(change).op))).toEqual(new Set(["r"]));
  expect(rows.changes.map((change) => event(change).after?.name)).not.toContain("after");
  expect(new Set(rows.changes.map(({ id }) => id)).size).toBe(2500);
  expect(changes.changes.map((change) => event(change).after)).toEqual([{ id: 2500, name: "after" }]);
});

test("tells how far the rows are read", async () => {
  const { settings, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT n FROM generate_series(1, 1500) n; ANALYZE orders",
  );
  const stream = await source.open({ settings, ...NEW });

  const { batches } = await readRows(stream);
  await stream.close();

  const told = batches.map(({ snapshot }) => snapshot?.tables[0]);
  const table = { schema: "public", table: "orders", rowsExpected: 1500 };
  expect(told[0]).toEqual({ ...table, rows: 0, done: false });
  expect(told.map((one) => one?.rows)).toContain(1000);
  expect(told.at(-1)).toEqual({ ...table, rows: 1500, done: true });
});

const KEYS: readonly (readonly [name: string, ddl: string])[] = [
  [
    "texts in a language's order",
    `CREATE TABLE orders (k text COLLATE "und-x-icu" PRIMARY KEY); INSERT INTO orders SELECT chr(32 + n % 95) || n || chr(192 + n % 60) FROM generate_series(1, 2200) n`,
  ],
  [
    "texts in the order of bytes",
    `CREATE TABLE orders (k text COLLATE "C" PRIMARY KEY); INSERT INTO orders SELECT chr(32 + n % 95) || n || chr(192 + n % 60) FROM generate_series(1, 2200) n`,
  ],
  [
    "several columns",
    "CREATE TABLE orders (b text, a numeric, c timestamptz, PRIMARY KEY (a, c, b)); INSERT INTO orders SELECT 'x' || n % 3, n % 7, timestamptz '2020-01-01' + (n / 21) * interval '1 microsecond' FROM generate_series(1, 2200) n",
  ],
  [
    "domains, enums and names that need quotes",
    `CREATE DOMAIN size AS varchar(20) COLLATE "C"; CREATE TYPE "My mood" AS ENUM ('sad', 'ok'); CREATE TABLE orders ("a ""b" size, m "My mood", PRIMARY KEY (m, "a ""b")); INSERT INTO orders SELECT n, CASE WHEN n % 2 = 0 THEN 'sad' ELSE 'ok' END::"My mood" FROM generate_series(1, 2200) n`,
  ],
  [
    "fixed-width texts, and floats with every value",
    "CREATE TABLE orders (k char(8), f float8, PRIMARY KEY (f, k)); INSERT INTO orders SELECT 'k' || n, CASE n % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' WHEN 2 THEN 0.1 + n ELSE '-0' END::float8 FROM generate_series(1, 2200) n",
  ],
];

test.for(KEYS)("reads every row once where the key is %s", async ([, ddl]) => {
  const { settings, source } = await prepared(ddl);
  const stream = await source.open({ settings, ...NEW });

  const { changes } = await readRows(stream);
  await stream.close();

  expect(new Set(changes.map(({ key }) => key)).size).toBe(2200);
  expect(changes).toHaveLength(2200);
});

test("keeps few large rows in memory at a time", async () => {
  const { settings, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY, data text); INSERT INTO orders SELECT n, repeat('x', 1000000) FROM generate_series(1, 12) n",
  );
  const stream = await source.open({ settings, ...NEW });

  const { batches, changes } = await readRows(stream);
  await stream.close();

  expect(changes).toHaveLength(12);
  expect(Math.max(...batches.map((batch) => batch.changes.length))).toBeLessThanOrEqual(4);
});

test("goes on behind the last row that was safe, when it was interrupted", async () => {
  const { settings, client, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY, name text); INSERT INTO orders SELECT n, 'before' FROM generate_series(1, 2500) n",
  );
  const first = await source.open({ settings, ...NEW });
  await first.next();
  const safe = await first.next();
  await first.close();
  await client.query("DELETE FROM orders WHERE id = 5; UPDATE orders SET name = 'after' WHERE id IN (6, 2000)");

  const second = await openEventually(source, {
    settings,
    checkpoint: json(safe?.checkpoint),
    startsOver: false,
    signal,
  });
  const rest = await readRows(second);
  const { changes } = await read(second, 3);
  await second.close();

  const folded = fold([...(safe?.changes ?? []), ...rest.changes, ...changes]);
  expect(rest.changes.map(({ key }) => key)).toEqual(Array.from({ length: 1500 }, (_, place) => `${place + 1001}`));
  expect(rest.changes[0]?.id.slice(0, 16)).toBe(safe?.changes[0]?.id.slice(0, 16));
  expect([folded.size, folded.get("5"), folded.get("6"), folded.get("2000")]).toEqual([
    2499,
    undefined,
    "after",
    "after",
  ]);
});

test("makes the same events of a row that is read again", async () => {
  const { settings, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)",
  );
  const first = await source.open({ settings, ...NEW });
  const begun = await first.next();
  const once = await first.next();
  await first.close();

  const second = await openEventually(source, {
    settings,
    checkpoint: json(begun?.checkpoint),
    startsOver: false,
    signal,
  });
  const again = await readRows(second);
  await second.close();

  expect(again.changes).toEqual(once?.changes);
});

test("reads the rows of a table that is added later, and goes on with the others where it was", async () => {
  const { settings, client, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1), (2); INSERT INTO orders VALUES (1)",
    ["orders", "items"],
  );
  const before = { ...settings, tables: settings.tables.slice(0, 1) };
  const first = await source.open({ settings: before, ...NEW });
  const { batches } = await readRows(first);
  await first.close();
  await client.query("INSERT INTO orders VALUES (2)");

  const checkpoint = json(batches.at(-1)?.checkpoint);
  const second = await openEventually(source, { settings, checkpoint, startsOver: false, signal });
  const rows = await readRows(second);
  await client.query("INSERT INTO items VALUES (3)");
  const { changes } = await read(second, 2);
  await second.close();

  const told = (change: SourceChange) => `${event(change).op} ${event(change).source.table} ${change.key}`;
  expect(rows.changes.map(told)).toEqual(["r items 1", "r items 2"]);
  expect(changes.map(told)).toEqual(["c orders 2", "c items 3"]);
});

test("leaves out no row that an open transaction wrote while its table was added", async () => {
  const { settings, client, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY)",
    ["orders", "items"],
  );
  const before = { ...settings, tables: settings.tables.slice(0, 1) };
  const first = await source.open({ settings: before, ...NEW });
  const { batches } = await readRows(first);
  await first.close();
  await client.query("BEGIN; INSERT INTO items VALUES (1)");

  const checkpoint = json(batches.at(-1)?.checkpoint);
  const opening = openEventually(source, { settings, checkpoint, startsOver: false, signal });
  await untilWaiting(settings);
  await client.query("COMMIT");
  const second = await opening;
  const rows = await readRows(second);
  await second.close();

  expect(rows.changes.map(({ key }) => key)).toEqual(["1"]);
});

test("ends the reading of rows at once when it is aborted", async () => {
  const { settings, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT n FROM generate_series(1, 5000) n",
  );
  const abort = new AbortController();
  const stream = await source.open({ settings, ...NEW, signal: abort.signal });
  await stream.next();
  const next = stream.next();

  abort.abort();

  expect(await next).toBeUndefined();
  await stream.close();
  expect(await sessions(settings)).toBe(0);
});

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function fold(changes: readonly SourceChange[]): Map<string | undefined, unknown> {
  const rows = new Map<string | undefined, unknown>();
  for (const change of changes) {
    const { op, after } = event(change);
    if (op === "d") rows.delete(change.key);
    else rows.set(change.key, after?.name);
  }
  return rows;
}

/** The opening has published the table, and waits for who wrote before. */
async function untilWaiting({ database }: SourceSettings): Promise<void> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%txid_snapshot_xmin%'";
  while ((await server.sql(sql, [database.database])).length === 0);
}

async function sessions({ database }: SourceSettings): Promise<number> {
  for (;;) {
    const rows = await server.sql(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = 'kbroker' AND datname = '${database.database}'`,
    );
    if (rows.length === 0) return 0;
  }
}

test("reads a table whose column has the name of what its chunks are measured by", async () => {
  const { settings, source } = await prepared(
    "CREATE TABLE orders (id int PRIMARY KEY, \"bytes before\" text); INSERT INTO orders VALUES (1, 'one')",
  );
  const stream = await source.open({ settings, ...NEW });

  const { changes } = await readRows(stream);
  await stream.close();

  expect(changes.map((change) => event(change).after)).toEqual([{ id: 1, "bytes before": "one" }]);
});
