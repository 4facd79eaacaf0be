import type { CapturedTable, TableColumn } from "./tables.ts";
import { VALUE_LENGTH_MAX } from "./values.ts";
import { identifier, tableSql } from "./words.ts";

export interface ChunkLimits {
  readonly rowsMax: number;
  /** As the database stores them; one row more may come. */
  readonly bytesMax: number;
}

/**
 * The next rows in the order of the primary key, behind the one whose key is bound where there is one. Bounded in bytes by the server, so
 * that large rows are never all in memory at once.
 */
export function chunkSql(table: CapturedTable, { isFirst, limits }: { isFirst: boolean; limits: ChunkLimits }): string {
  const { columns, key, filter } = table;
  const names = columns.map(({ name }) => identifier(name)).join(", ");
  const order = key.map(({ name }) => identifier(name)).join(", ");
  const behind = isFirst ? undefined : `(${order}) > (${key.map(bound).join(", ")})`;
  const conditions = [behind, filter ?? undefined].filter((part) => part !== undefined).map((part) => `(${part})`);
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const page = `SELECT ${names} FROM ${tableSql(table)}${where} ORDER BY ${order} LIMIT ${limits.rowsMax}`;
  const size = sizeName(columns);
  const sizes = columns.map(sizeSql).join(" + ");
  const running = `pg_catalog.sum(${sizes}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;
  const sized = `SELECT ${names}, ${running} AS ${size} FROM (${page}) AS page`;
  const cut = columns.map(cutSql).join(", ");
  return `SELECT ${cut} FROM (${sized}) AS sized WHERE ${size} IS NULL OR ${size} < ${limits.bytesMax} ORDER BY ${order}`;
}

/** No column is called so. */
function sizeName(columns: readonly TableColumn[]): string {
  let name = "bytes before";
  while (columns.some((column) => column.name === name)) name += "'";
  return identifier(name);
}

function bound({ type }: TableColumn, index: number): string {
  return `$${index + 1}::${type}`;
}

/** Of types that may be larger than a message of the driver can be; the others are small, or their text is another one when it is cast. */
function cutSql({ name, type }: TableColumn): string {
  const column = identifier(name);
  if (type === "bytea") return `pg_catalog.substr(${column}, 1, ${VALUE_LENGTH_MAX / 2}) AS ${column}`;
  const isLong = /^(text|character varying|json|jsonb|xml)\b/.test(type) || type.endsWith("[]");
  return isLong ? `pg_catalog.left(${column}::text, ${VALUE_LENGTH_MAX}) AS ${column}` : column;
}

/** A text's own size even where it is stored compressed: that is what it is in memory. */
function sizeSql({ name, type }: TableColumn): string {
  const isText = /^(text|bytea|character)\b/.test(type) && !type.endsWith("[]");
  const call = isText ? "pg_catalog.octet_length" : "pg_catalog.pg_column_size";
  return `coalesce(${call}(${identifier(name)}), 0)`;
}
