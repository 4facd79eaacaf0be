import type { TableName } from "../../domain/connector.ts";
import type { Connection, Row } from "./connect.ts";

/** What the catalog says of a relation, and what the connector's role may do with it. */
export interface TableFacts extends TableName {
  /** `pg_class.relkind`. */
  readonly kind: string;
  readonly isTemporary: boolean;
  readonly isUnlogged: boolean;
  /** Others inherit from it, and its rows are theirs as well. */
  readonly hasChildren: boolean;
  readonly isPartition: boolean;
  /** `pg_class.relreplident`: `d`efault, `f`ull, `n`othing, `i`ndex (where that is the primary key's, it is the default). */
  readonly replicaIdentity: string;
  readonly owner: string;
  /** The role is the owner, or a member of it. */
  readonly owns: boolean;
  readonly mayUseSchema: boolean;
  readonly maySelect: boolean;
  /** A policy would hide rows from this role. */
  readonly hidesRows: boolean;
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
  /** It may be violated within a transaction, and then identifies nothing. */
  readonly isKeyDeferrable: boolean;
  /** Their values are in no change. */
  readonly generated: readonly string[];
  readonly rowsExpected: number | null;
}

const FACTS = `SELECT n.nspname::text AS schema, c.relname::text AS table, c.relkind::text AS kind,
    c.relpersistence = 't' AS temporary, c.relpersistence = 'u' AS unlogged,
    EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS children, c.relispartition AS partition,
    CASE WHEN c.relreplident = 'i' AND p.indisreplident THEN 'd' ELSE c.relreplident::text END AS identity, pg_get_userbyid(c.relowner)::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owns,
    has_schema_privilege(n.oid, 'USAGE') AS usage, has_table_privilege(c.oid, 'SELECT') AS "select",
    c.relkind IN ('r', 'p') AND row_security_active(c.oid) AS hides, p.indimmediate IS FALSE AS deferrable,
    CASE WHEN c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0) THEN NULL ELSE c.reltuples::bigint END AS rows
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary`;

/** `indkey` counts from 0, and columns that the index only includes come last. */
const COLUMNS = `SELECT n.nspname::text AS schema, c.relname::text AS table, a.attname::text AS column,
    a.attgenerated <> '' AS generated, array_position(p.indkey::int2[], a.attnum) < p.indnkeyatts AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary`;
const COLUMNS_THAT_COUNT = "(a.attgenerated <> '' OR array_position(p.indkey::int2[], a.attnum) < p.indnkeyatts)";
const IN_KEY_ORDER = "ORDER BY array_position(p.indkey::int2[], a.attnum), a.attnum";

const NAMED = "(n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
const OF_USERS = `c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_(toast|temp)'`;

/** Of those named; what is not there is not among them. */
export function factsOf(connection: Connection, tables: readonly TableName[]): Promise<readonly TableFacts[]> {
  const names = [tables.map(({ schema }) => schema), tables.map(({ table }) => table)];
  return facts(connection, NAMED, names);
}

/** Of everything that looks like a table and is not PostgreSQL's own, by name. */
export function factsOfAll(connection: Connection): Promise<readonly TableFacts[]> {
  return facts(connection, OF_USERS, []);
}

async function facts(
  connection: Connection,
  which: string,
  values: readonly unknown[],
): Promise<readonly TableFacts[]> {
  const rows = await connection.query(`${FACTS} WHERE ${which} ORDER BY 1, 2`, values);
  const columns = await connection.query(`${COLUMNS} WHERE ${which} AND ${COLUMNS_THAT_COUNT} ${IN_KEY_ORDER}`, values);
  const byTable = new Map<string, Row[]>();
  for (const column of columns) {
    const of = byTable.get(nameOf(column));
    if (of === undefined) byTable.set(nameOf(column), [column]);
    else of.push(column);
  }
  return rows.map((row) => factsFrom(row, byTable.get(nameOf(row)) ?? []));
}

function nameOf({ schema, table }: Row): string {
  return JSON.stringify([schema, table]);
}

function factsFrom(row: Row, columns: readonly Row[]): TableFacts {
  const named = (what: "key" | "generated") =>
    columns.filter((column) => column[what] === "t").map(({ column }) => column ?? "");
  const is = (what: string) => row[what] === "t";
  return {
    ...{ schema: row.schema ?? "", table: row.table ?? "", kind: row.kind ?? "", owner: row.owner ?? "" },
    ...{ isTemporary: is("temporary"), isUnlogged: is("unlogged"), hasChildren: is("children") },
    ...{ isPartition: is("partition"), replicaIdentity: row.identity ?? "", owns: is("owns") },
    ...{
      mayUseSchema: is("usage"),
      maySelect: is("select"),
      hidesRows: is("hides"),
      isKeyDeferrable: is("deferrable"),
    },
    ...{ key: named("key"), generated: named("generated") },
    rowsExpected: row.rows === null || row.rows === undefined ? null : Number(row.rows),
  };
}
