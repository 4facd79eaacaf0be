import type { TableName } from "../domain/connector.ts";
import { KBrokerError } from "../domain/error.ts";

const NAME = '"(?:[^"]|"")+"|[^."\\s]+';
const TABLE = new RegExp(`^(?:(${NAME})\\.)?(${NAME})$`, "su");

/** `public.orders`, or `orders` of the schema public. Letters count as they are written; a name with a dot stands in quotes, as in SQL. */
export function parseTableName(text: string): TableName {
  const [, schema, table] = TABLE.exec(text) ?? [];
  if (table !== undefined)
    return { schema: schema === undefined ? "public" : unquoted(schema), table: unquoted(table) };
  throw new KBrokerError("usage", `${JSON.stringify(text)} is not the name of a table.`, {
    hint: "Write it as schema.table, such as public.orders; a name with a dot in quotes: 'public.\"v1.orders\"'.",
  });
}

/** As `parseTableName` reads it back. */
export function tableNameText({ schema, table }: TableName): string {
  return `${quoted(schema)}.${quoted(table)}`;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function quoted(name: string): string {
  return /[."\s]/u.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
