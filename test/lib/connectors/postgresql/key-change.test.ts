import { afterAll, beforeAll, expect } from "vitest";
import { testWithPostgresql as test } from "../../../support/postgresql.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";
import { event, freshSettings, read, sourceOf } from "./source-harness.ts";

let server: Postgresql;
beforeAll(async () => {
  server = await openPostgresql();
});
afterAll(() => server.close());

const { signal } = new AbortController();
const NEW = { checkpoint: undefined, startsOver: false, signal };

async function streaming(columns: string) {
  const settings = await freshSettings(server);
  const client = await server.connect({ database: settings.database.database });
  await client.query(`CREATE TABLE orders (${columns})`);
  const stream = await sourceOf(server).open({ settings, ...NEW });
  return { client, stream };
}

test.each([
  ["another column", "DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (code)"],
  ["one column more", "DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id, code)"],
])("stops when the primary key becomes %s while changes flow", async (_, action) => {
  const { client, stream } = await streaming("id int PRIMARY KEY, code int NOT NULL, name text");
  await client.query("INSERT INTO orders VALUES (1, 10, 'one')");
  await read(stream, 1);

  await client.query(`ALTER TABLE orders ${action}`);
  await client.query("UPDATE orders SET name = 'uno'");
  const reading = read(stream, 1);

  await expect(reading).rejects.toMatchObject({ fault: { code: "key_changed" } });
  await stream.close();
});

test("goes on when columns of the primary key are renamed while changes flow", async () => {
  const { client, stream } = await streaming("a int, b int, name text, PRIMARY KEY (a, b)");
  await client.query("INSERT INTO orders VALUES (1, 2, 'one')");
  const { changes: before } = await read(stream, 1);

  await client.query("ALTER TABLE orders RENAME a TO c");
  await client.query("UPDATE orders SET name = 'uno'");
  const { changes: after } = await read(stream, 1);
  await stream.close();

  expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
  expect(after.map((change) => event(change).op)).toEqual(["u"]);
});
