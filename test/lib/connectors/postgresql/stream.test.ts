import { afterAll, beforeAll, expect } from "vitest";
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
