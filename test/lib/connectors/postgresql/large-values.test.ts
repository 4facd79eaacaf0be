import { afterAll, beforeAll, expect } from "vitest";
import { VALUE_LENGTH_MAX } from "../../../../src/lib/connectors/postgresql/values.ts";
import { PAYLOAD_BYTES_MAX } from "../../../../src/lib/domain/message.ts";
import { testWithPostgresql as test } from "../../../support/postgresql.ts";
import { openPostgresql, type Postgresql } from "../../../support/postgresql-server.ts";
import { freshSettings, read, sourceOf } from "./source-harness.ts";

let server: Postgresql;
beforeAll(async () => {
  server = await openPostgresql();
});
afterAll(() => server.close());

const { signal } = new AbortController();
const NEW = { checkpoint: undefined, startsOver: false, signal };
const SIZE = 5 * VALUE_LENGTH_MAX;

/** One row for each type that may hold much. */
const ROWS = `INSERT INTO orders (id, t, b, j, a) VALUES
  (1, repeat('x', ${SIZE}), NULL, NULL, NULL),
  (2, NULL, decode(repeat('78', ${SIZE}), 'hex'), NULL, NULL),
  (3, NULL, NULL, to_json(repeat('x', ${SIZE})), NULL),
  (4, NULL, NULL, NULL, ARRAY[repeat('x', ${SIZE}), 'y'])`;

test.each(["initial", "none"] as const)(
  "reads no more of a value than tells that no event holds it (%s)",
  async (snapshot) => {
    const settings = await freshSettings(server, { snapshot });
    const client = await server.connect({ database: settings.database.database });
    await client.query("CREATE TABLE orders (id int PRIMARY KEY, t text, b bytea, j json, a text[])");
    if (snapshot === "initial") await client.query(ROWS);

    const stream = await sourceOf(server).open({ settings, ...NEW });
    if (snapshot === "none") await client.query(ROWS);
    const { changes } = await read(stream, 4);
    await stream.close();

    expect(changes.map(({ key }) => key)).toEqual(["1", "2", "3", "4"]);
    for (const { payload } of changes) {
      expect(payload.length).toBeGreaterThan(PAYLOAD_BYTES_MAX);
      expect(payload.length).toBeLessThan(2 * VALUE_LENGTH_MAX);
    }
  },
);
