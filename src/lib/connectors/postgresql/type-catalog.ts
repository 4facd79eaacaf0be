import { arrayRenderer } from "./arrays.ts";
import { BUILT_IN_TYPES } from "./types.ts";
import { RENDER, type Render } from "./values.ts";

/** Asks the database; every value of a row as text. */
export type QueryTexts = (
  sql: string,
  parameters: readonly string[],
) => Promise<readonly Readonly<Record<string, string | null>>[]>;

/** What is known of a database's types. */
export interface TypeCatalog {
  /** Learns what is not known yet, elements and base types included: one query, or none. */
  resolve(oids: readonly number[]): Promise<void>;
  /** How a value of that type becomes JSON. A type that was not found (it is dropped since) is text, as are enums, ranges, composites. */
  renderer(oid: number): Render;
}

type KnownType =
  | { readonly kind: "plain"; readonly render: Render }
  | { readonly kind: "domain"; readonly base: number }
  | { readonly kind: "array"; readonly element: number; readonly delimiter: string };

/** Then all is forgotten and learnt anew: of a database that makes types without end not all are kept. */
const TYPES_MAX = 10_000;

/** Only an array that `array_out` writes has an array's text: `int2vector`, `point` and the like have elements, and texts of their own. */
const TYPES_SQL = `
WITH RECURSIVE types AS (
  SELECT oid, typdelim AS delimiter,
    CASE WHEN typtype = 'd' THEN typbasetype END AS base,
    CASE WHEN typtype <> 'd' AND typoutput = 'pg_catalog.array_out'::pg_catalog.regproc THEN typelem END AS element
  FROM pg_catalog.pg_type
), reached AS (
  SELECT oid, base, element, delimiter FROM types WHERE oid = ANY ($1::pg_catalog.oid[])
  UNION
  SELECT t.oid, t.base, t.element, t.delimiter FROM reached r JOIN types t ON t.oid IN (r.base, r.element)
)
SELECT oid::text, base::text, element::text, delimiter::text FROM reached`;

/** Of one database, for as long as one likes: a type's number and nature do not change. */
export function typeCatalog(query: QueryTexts): TypeCatalog {
  const builtIn = new Map<number, KnownType>(
    BUILT_IN_TYPES.map(({ oid, form }) => [oid, { kind: "plain", render: RENDER[form] }]),
  );
  const found = new Map<number, KnownType>();
  const known = (oid: number) => builtIn.get(oid) ?? found.get(oid);

  const renderer = (oid: number): Render => {
    const type = known(oid);
    if (type === undefined) return RENDER.text;
    if (type.kind === "plain") return type.render;
    return type.kind === "domain" ? renderer(type.base) : arrayRenderer(renderer(type.element), type.delimiter);
  };

  return {
    renderer,
    async resolve(oids) {
      if (found.size >= TYPES_MAX) found.clear();
      const unknown = oids.filter((oid) => known(oid) === undefined);
      if (unknown.length === 0) return;
      const rows = await query(TYPES_SQL, [`{${unknown.join(",")}}`]);
      for (const row of rows) found.set(Number(row.oid), typeOf(row));
    },
  };
}

function typeOf({ base, element, delimiter }: Readonly<Record<string, string | null>>): KnownType {
  if (base != null) return { kind: "domain", base: Number(base) };
  if (element != null) return { kind: "array", element: Number(element), delimiter: delimiter ?? "," };
  return { kind: "plain", render: RENDER.text };
}
