import type { TableName } from "../../domain/connector.ts";
import type { Connection, Row } from "./connect.ts";

/** A table of the connector as it is in the database now. */
export interface CapturedTable extends TableName {
  /** Index into the settings' tables. */
  readonly index: number;
  /** Another one is another table, whatever its name. */
  readonly oid: number;
  /** As the database estimates it. */
  readonly rowsExpected: number | null;
  /** Those that the stream tells of, in the table's order. */
  readonly columns: readonly TableColumn[];
  /** Of the primary key, in the key's order. */
  readonly key: readonly TableColumn[];
  /** Which rows are published, as SQL; `null`: all. */
  readonly filter: string | null;
  readonly isPublished: boolean;
}

export interface TableColumn {
  readonly name: string;
  /** Stays when the column is renamed. */
  readonly number: number;
  readonly typeOid: number;
  /** How SQL names the type; of a domain the type below. */
  readonly type: string;
}

/** A row per column. What newer servers know of a publication (15: filters, lists of columns) is asked so that older ones answer too. */
const TABLES_SQL = `
SELECT w.place::text AS "table", c.oid::text AS oid, c.reltuples::text AS rows, a.attname::text AS name, a.attnum::text AS number,
  a.atttypid::text AS type_oid, pg_catalog.format_type(t.oid, CASE WHEN t.oid = a.atttypid THEN a.atttypmod END) AS type,
  k.place::text AS key_place, (p.tablename IS NOT NULL)::text AS published, p.filter,
  (p.columns IS NULL OR p.columns ? a.attname::text)::text AS told
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (schema, name, place)
JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
CROSS JOIN LATERAL (
  WITH RECURSIVE below (oid, base) AS (
    SELECT b.oid, b.typbasetype FROM pg_catalog.pg_type b WHERE b.oid = a.atttypid
    UNION ALL SELECT b.oid, b.typbasetype FROM below JOIN pg_catalog.pg_type b ON b.oid = below.base
  ) SELECT oid FROM below WHERE base = 0
) t
LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
LEFT JOIN LATERAL (
  SELECT place FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS u (number, place)
  WHERE number = a.attnum AND place <= i.indnkeyatts
) k ON true
LEFT JOIN LATERAL (
  SELECT x.tablename, pg_catalog.to_jsonb(x) ->> 'rowfilter' AS filter, pg_catalog.to_jsonb(x) -> 'attnames' AS columns
  FROM pg_catalog.pg_publication_tables x WHERE x.pubname = $3 AND x.schemaname = n.nspname AND x.tablename = c.relname
) p ON true
ORDER BY w.place, a.attnum`;

/** Those that are there, in the settings' order. */
export async function readTables(
  connection: Connection,
  { tables, publication }: { readonly tables: readonly TableName[]; readonly publication: string },
): Promise<readonly CapturedTable[]> {
  const names = [tables.map(({ schema }) => schema), tables.map(({ table }) => table), publication];
  const rows = await connection.query(TABLES_SQL, names);
  return tables.flatMap((name, index) => {
    const own = rows.filter((row) => Number(row.table) === index + 1);
    const [first] = own;
    return first === undefined ? [] : [tableOf({ ...name, index }, { first, own })];
  });
}

function tableOf(
  name: TableName & { readonly index: number },
  { first, own }: { readonly first: Row; readonly own: readonly Row[] },
): CapturedTable {
  const rows = Number(first.rows);
  const key = own
    .filter((row) => row.key_place != null)
    .toSorted((one, other) => Number(one.key_place) - Number(other.key_place));
  return {
    ...name,
    oid: Number(first.oid),
    // A table that was never looked at.
    rowsExpected: rows < 0 ? null : Math.round(rows),
    columns: own.filter((row) => row.told === "true").map(columnOf),
    key: key.map(columnOf),
    filter: first.filter ?? null,
    isPublished: first.published === "true",
  };
}

function columnOf(row: Row): TableColumn {
  return {
    name: row.name ?? "",
    number: Number(row.number),
    typeOid: Number(row.type_oid),
    type: row.type ?? "",
  };
}
