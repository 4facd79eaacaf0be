import pg from "pg";
import { describe, expect, test } from "vitest";
import { BUILT_IN_TYPES } from "../../../../src/lib/connectors/postgresql/types.ts";
import { openChangeLog } from "../../../support/change-log.ts";
import { docsPage } from "../../../support/docs-page.ts";
import { startPostgresql, testWithPostgresql } from "../../../support/postgresql.ts";

/** A type, a value as PostgreSQL shows it, and the JSON that it becomes. */
interface Sample {
  readonly type: string;
  readonly value: string;
  readonly json: string;
}

const DOCS = docsPage("change-events.md");
const ROWS = DOCS.rows("Values").map(([[type = ""] = [], values = [], jsons = []]) => ({ type, values, jsons }));
const DOCUMENTED = ROWS.flatMap(({ type, values, jsons }) =>
  values.map((value, index): Sample => ({ type, value, json: jsons[index] ?? "" })),
);

const CONTROLS = String.fromCharCode(...Array.from({ length: 31 }, (_, index) => index + 1), 0x7f, 0x85);
const LARGE = "00ff10a7".repeat(25_000);
/** What does not fit into a table of a page. */
const TOO_ODD: readonly Sample[] = [
  { type: "text", value: CONTROLS, json: JSON.stringify(CONTROLS) },
  { type: "text", value: "", json: '""' },
  { type: "text", value: "\ufeffmark", json: '"\ufeffmark"' },
  { type: "text", value: "\u2028 | ` \u{10ffff} \ud7ff\ue000", json: '"\u2028 | ` \u{10ffff} \ud7ff\ue000"' },
  { type: "text[]", value: `{"\ufeff","${"\t\n\v\f\r"}"}`, json: '["\ufeff","\\t\\n\\u000b\\f\\r"]' },
  {
    type: "json",
    value: '\n{"a":\t"\\ud800",\r\n"__proto__" : 1e0}',
    json: '\n{"a":\t"\\ud800",\r\n"__proto__" : 1e0}',
  },
  { type: "bytea", value: `\\x${LARGE}`, json: `"${Buffer.from(LARGE, "hex").toString("base64")}"` },
  { type: "numeric", value: "9".repeat(131_072), json: "9".repeat(131_072) },
  { type: "numeric", value: `0.${"0".repeat(16_382)}1`, json: `0.${"0".repeat(16_382)}1` },
];

const isJson = ({ type }: Sample) => type === "json" || type === "jsonb";
const isArray = (sample: Sample) => sample.json.startsWith("[") && !isJson(sample);

describe("the table of types in docs/change-events.md", () => {
  test("names each type that the code knows by its number, and no other as built in", () => {
    const made = DOCS.fences("Values").flatMap(({ text }) =>
      Array.from(text.matchAll(/^CREATE \w+ (\w+)/gm), ([, name]) => name),
    );
    const builtIn = ROWS.map(({ type }) => type.replace(/\(\d+\)$/, "")).filter(
      (type) => !type.endsWith("[]") && !made.includes(type),
    );

    expect(made).toContain("hstore");
    expect(builtIn.sort()).toEqual(BUILT_IN_TYPES.map(({ name }) => name).sort());
    for (const { values, jsons } of ROWS) expect(values.length).toBe(jsons.length);
  });

  testWithPostgresql(
    "has the names and numbers of PostgreSQL, and leaves out only what no table should hold",
    async () => {
      const server = await startPostgresql();

      const types = await server.sql<{ oid: number; name: string }>(
        `SELECT oid, format_type(oid, NULL) AS name FROM pg_type
       WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typoutput <> 'array_out'::regproc`,
      );

      const listed = new Map(BUILT_IN_TYPES.map(({ oid, name }) => [oid, name]));
      const found = types.filter(({ oid }) => listed.has(oid));
      expect(found.map(({ oid, name }) => [oid, name]).sort()).toEqual([...listed].sort());
      const internal = /^(pg_node_tree|gtsvector|pg_ndistinct|pg_dependencies|pg_mcv_list|pg_brin_\w+)$/;
      expect(types.filter(({ oid, name }) => !listed.has(oid) && !internal.test(name))).toEqual([]);
    },
  );

  testWithPostgresql("holds through a snapshot, through the log, and back into PostgreSQL", async () => {
    const server = await startPostgresql();
    for (const { text } of DOCS.fences("Values")) await server.sql(text);
    const samples = [...DOCUMENTED, ...TOO_ODD].map((sample, index) => ({ ...sample, column: `c${index}` }));
    await server.sql(
      `CREATE TABLE samples (id int PRIMARY KEY, ${samples.map(({ column, type }) => `${column} ${type}`)})`,
    );
    const log = await openChangeLog(server, ["id"]);

    const literals = samples.map(({ value }) => pg.escapeLiteral(value));
    await server.sql("SET IntervalStyle = iso_8601");
    await server.sql(`INSERT INTO samples VALUES (1, ${literals})`);
    const [logged] = await log.changes();
    const [read] = await log.snapshot("public.samples", { lsn: "0/0", transaction: null, tsMs: 0 });
    await log.close();

    const members = samples.map(({ column, json }) => `"${column}":${json}`);
    const after = `"after":{${['"id":1', ...members].join(",")}},`;
    for (const text of [logged?.text, read?.text]) {
      // Member by member first: one difference in 400 kB is hard to find.
      expect(members.filter((member) => text?.includes(member) !== true)).toEqual([]);
      expect(text?.includes(after)).toBe(true);
    }
    await expectToComeBack(
      server.sql,
      samples.filter((sample) => !isArray(sample)),
    );
  });
});

type Sql = <Row extends object>(text: string) => Promise<readonly Row[]>;

/** What stands in an event is taken by PostgreSQL for the value that it was. */
async function expectToComeBack(sql: Sql, samples: readonly Sample[]): Promise<void> {
  const pairs = samples.map((sample, index) => {
    const { type, value, json } = sample;
    const text = json.startsWith('"') && !isJson(sample) ? String(JSON.parse(json)) : json;
    const literal = pg.escapeLiteral(text);
    const back = type === "bytea" ? `decode(${literal}, 'base64')` : `${literal}::${type}`;
    return `(${index}, (${back})::text, ${pg.escapeLiteral(value)}::${type}::text)`;
  });
  const rows = await sql<{ id: number }>(
    `SELECT id, back, value FROM (VALUES ${pairs}) AS pairs (id, back, value) WHERE back IS DISTINCT FROM value`,
  );

  expect(rows.map(({ id }) => samples[id])).toEqual([]);
}
