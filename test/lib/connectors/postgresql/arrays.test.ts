import { fc } from "@fast-check/vitest";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { arrayRenderer } from "../../../../src/lib/connectors/postgresql/arrays.ts";
import { typeCatalog } from "../../../../src/lib/connectors/postgresql/type-catalog.ts";
import { RENDER } from "../../../../src/lib/connectors/postgresql/values.ts";
import { startPostgresql, testWithPostgresql } from "../../../support/postgresql.ts";

type Nested = string | null | readonly Nested[];

/** What array literals are made of, and what they quote. */
const piece = fc.constantFrom(..."{}[](),;=\"\\'\t\n \u00a0", "NULL", "null", "é", "😀", "\ufeff", "x", "1");
const text = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 5 }).map((any) => any.replaceAll("\0", "")),
);
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value, undefined, 1));
const number = fc.integer({ min: -9, max: 9 });
const box = fc.tuple(number, number, number, number).map(([a, b, c, d]) => {
  return `(${Math.max(a, c)},${Math.max(b, d)}),(${Math.min(a, c)},${Math.min(b, d)})`;
});

/** Of one to three dimensions, as PostgreSQL has them: rectangular, none of them empty. */
function arrayOf(element: fc.Arbitrary<string>): fc.Arbitrary<readonly Nested[]> {
  const cell: fc.Arbitrary<Nested> = fc.option(element, { freq: 5 });
  const size = fc.integer({ min: 1, max: 3 });
  return fc.array(size, { minLength: 1, maxLength: 3 }).chain((sizes) => {
    const [first = 1, ...others] = sizes;
    const inner = others.reduceRight<fc.Arbitrary<Nested>>((of, length) => exactly(of, length), cell);
    return exactly(inner, first);
  });
}

function exactly(of: fc.Arbitrary<Nested>, length: number): fc.Arbitrary<readonly Nested[]> {
  return fc.array(of, { minLength: length, maxLength: length });
}

function sql(value: Nested): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? pg.escapeLiteral(value) : `ARRAY[${value.map(sql).join(",")}]`;
}

/** What the array says, elements being texts of JSON. */
function jsonOf(value: Nested, element: (text: string) => string): string {
  if (value === null) return "null";
  if (typeof value === "string") return element(value);
  return `[${value.map((each) => jsonOf(each, element)).join(",")}]`;
}

describe("an array", () => {
  testWithPostgresql("says what PostgreSQL's array says, whatever is in it", async () => {
    const server = await startPostgresql();
    const types = typeCatalog((query, parameters) => server.sql(query, parameters));
    const kinds = [
      { type: "text", elements: text, element: RENDER.text },
      { type: "json", elements: json, element: RENDER.json },
      { type: "box", elements: box, element: RENDER.text },
    ];
    await server.sql("CREATE DOMAIN area AS box");

    for (const { type, elements, element } of [...kinds, { type: "area", elements: box, element: RENDER.text }]) {
      const [row] = await server.sql<{ oid: number }>(`SELECT '${type}[]'::regtype::oid AS oid`);
      await types.resolve([row?.oid ?? 0]);
      const render = types.renderer(row?.oid ?? 0);
      // Many arrays a query: what is to be tried is the spelling, not the connection.
      await fc.assert(
        fc.asyncProperty(fc.array(arrayOf(elements), { minLength: 50, maxLength: 50 }), async (arrays) => {
          const wanted = arrays.map((array) => `(${sql(array)}::${type}[])::text`);

          const shown = await server.sql<{ text: string }>(`SELECT unnest(ARRAY[${wanted}]) AS text`);

          expect(shown.map((each) => render(each.text))).toEqual(arrays.map((array) => jsonOf(array, element)));
        }),
        { numRuns: 20 },
      );
    }
  });

  test("without an array's literal fails rather than say something else", () => {
    const render = arrayRenderer(RENDER.number, ",");

    for (const literal of ["", "1 2", "[0:1]", '{"1']) expect(() => render(literal)).toThrow("no array literal");
  });
});

test("the database is asked once for what it does not know, and not at all for what is built in", async () => {
  const asked: unknown[] = [];
  const types = typeCatalog(async (_, parameters) => {
    asked.push(...parameters);
    return [
      { oid: "70001", base: "70002", element: null, delimiter: "," },
      { oid: "70002", base: null, element: "23", delimiter: "," },
      { oid: "23", base: null, element: null, delimiter: "," },
    ];
  });

  await types.resolve([23, 25]);
  await types.resolve([70001, 23]);
  await types.resolve([70001, 70002]);

  expect(asked).toEqual(["{70001}"]);
  expect(types.renderer(70001)("{1,NULL}")).toBe("[1,null]");
  expect(types.renderer(80000)("{1}")).toBe('"{1}"');
});
