import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { postgresqlSource } from "../src/lib/connectors/postgresql/source.ts";
import { startBroker } from "./e2e/http.ts";
import { type Ended, kbroker } from "./e2e/program.ts";
import { dialDeps, roleOf } from "./support/dialled.ts";
import { type Postgresql, startPostgresql, testWithPostgresql } from "./support/postgresql.ts";

/** Each statement of a section's SQL blocks, one at a time: what a person types is no transaction. */
function statementsOf(heading: string): readonly string[] {
  const page = readFileSync("docs/postgresql-setup.md", "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const blocks = Array.from(section.matchAll(/```sql\n(.*?)```/gs), ([, block = ""]) => block);
  return blocks.flatMap((block) => block.split(";\n").filter((statement) => statement.trim() !== ""));
}

const TABLES = ["orders", "customers"].map((table) => ({ schema: "public", table }));
/** What the page says the owner does; all else is done by a superuser. */
const OF_OWNER = /^(CREATE|ALTER) PUBLICATION|^GRANT SELECT|^ALTER TABLE/;

async function errorsOf(server: Postgresql, ownsPublication: boolean): Promise<readonly string[]> {
  const source = postgresqlSource(dialDeps({ KBROKER_SECRET_SHOP: "use-a-long-one" }));
  const password = { kind: "env", name: "KBROKER_SECRET_SHOP" } as const;
  const checks = await source.check({
    database: { ...roleOf(server, "kbroker"), database: "shop", password },
    ...{ tables: TABLES, slot: "kbroker_shop_1", publication: ownsPublication ? "kbroker_shop_1" : "kbroker_shop" },
    ...{ ownsPublication, snapshot: "initial", hasSlot: false },
  });
  return checks.filter(({ result }) => result === "error").map(({ check }) => check);
}

function commandLines(): readonly string[] {
  const page = readFileSync("docs/postgresql-setup.md", "utf8");
  const lines = Array.from(page.matchAll(/```sh\n(.*?)```/gs), ([, block = ""]) => block.trim().split("\n")).flat();
  expect(lines.length).toBeGreaterThan(0);
  return lines;
}

/** As the page has it, but for where this database is. */
async function typed(line: string, { host, port }: Postgresql): Promise<Ended> {
  const broker = await startBroker({}, { secret: async () => "use-a-long-one" });
  const words = line.replace("db.internal:5432", `${host}:${port}`).split(" ");
  return kbroker(words.slice(1), { env: { KBROKER_ADMIN_URL: broker.url } });
}

testWithPostgresql("the set-up page leads to a database without an error, both ways, and back again", async () => {
  const server = await startPostgresql({ settings: { wal_level: "replica" } });
  for (const statement of statementsOf("1.")) await server.sql(statement);
  await server.restart();
  await server.sql("CREATE ROLE shop_owner LOGIN PASSWORD 'own'");
  await server.sql("CREATE DATABASE shop");
  const admin = await server.connect({ database: "shop" });
  await admin.query("GRANT ALL ON SCHEMA public TO shop_owner");
  const owner = await server.connect({ database: "shop", user: "shop_owner", password: "own" });
  for (const table of ["orders", "customers", "invoices"])
    await owner.query(`CREATE TABLE ${table} (id int PRIMARY KEY, text text)`);
  const follow = async (statements: readonly string[]) => {
    for (const statement of statements) await (OF_OWNER.test(statement.trim()) ? owner : admin).query(statement);
  };

  expect(await errorsOf(server, false)).toEqual(["credentials"]);
  await follow(statementsOf("2."));
  expect(await errorsOf(server, false)).toEqual(["select_right", "select_right", "publication"]);
  await follow(statementsOf("3."));
  expect(await errorsOf(server, false)).toEqual(["publication"]);
  const [ofTheirs, ofOwn] = [false, true].map((isOwn) =>
    statementsOf("4.").filter((statement) => /DATABASE shop TO kbroker|GRANT shop_owner/.test(statement) === isOwn),
  );
  await follow(ofTheirs ?? []);
  expect(await errorsOf(server, false)).toEqual([]);
  for (const line of commandLines()) expect(await typed(line, server)).toMatchObject({ exit: 0 });
  expect(await errorsOf(server, true)).toEqual(["publication"]);
  await follow(ofOwn ?? []);
  expect(await errorsOf(server, true)).toEqual([]);
  await admin.query("SELECT pg_create_logical_replication_slot('kbroker_shop_1', 'pgoutput')");
  await follow(statementsOf("5."));
  await follow(statementsOf("7."));
  const left = await admin.query(`SELECT rolname::text FROM pg_roles WHERE rolname = 'kbroker'
    UNION ALL SELECT slot_name FROM pg_replication_slots UNION ALL SELECT pubname FROM pg_publication`);

  expect(left.rows).toEqual([]);
});
