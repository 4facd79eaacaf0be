import { expect } from "vitest";
import { postgresqlSource } from "../../../../src/lib/connectors/postgresql/source.ts";
import { dialDeps, superuserOf } from "../../../support/dialled.ts";
import { startPostgresql, testWithPostgresql } from "../../../support/postgresql.ts";

testWithPostgresql(
  "what may be captured comes by schema and name, with its key, its size and what stands in the way",
  async () => {
    const server = await startPostgresql();
    await server.sql(`CREATE TABLE orders (a int, b int, c int, PRIMARY KEY (c, a));
    INSERT INTO orders SELECT n, n, n FROM generate_series(1, 500) n;
    CREATE TABLE notes (id int);
    CREATE SCHEMA sales; CREATE VIEW sales.seen AS SELECT 1;
    CREATE TABLE "Zoo" (id int PRIMARY KEY)`);
    await server.sql("ANALYZE orders");

    const tables = await postgresqlSource(dialDeps({ KBROKER_SECRET_POSTGRES: server.password })).tables(
      superuserOf(server),
    );

    expect(tables).toEqual([
      { schema: "public", table: "Zoo", key: ["id"], rowsExpected: null, problem: null },
      {
        schema: "public",
        table: "notes",
        key: [],
        rowsExpected: null,
        problem: expect.stringContaining("no primary key"),
      },
      { schema: "public", table: "orders", key: ["c", "a"], rowsExpected: 500, problem: null },
      { schema: "sales", table: "seen", key: [], rowsExpected: null, problem: expect.stringContaining("a view") },
    ]);
  },
);
