import { SourceError } from "../port.ts";
import type { Relation, Row } from "./relation.ts";

/** Gives the texts of a row's primary key. Fails unless the stream tells them of every row before its change. */
export function keyColumns(relation: Relation, primaryKey: readonly string[]): (row: Row) => [string, ...string[]] {
  const name = `${quoted(relation.schema)}.${quoted(relation.table)}`;
  const [first, ...others] = primaryKey;
  if (first === undefined) throw keyless(name);
  checkKey(relation, primaryKey, name);
  for (const column of primaryKey) checkColumn(relation, column, name);

  const textOf = (row: Row, column: string) => {
    const text = row[column];
    if (text == null) throw new Error(`A row of ${name} came without ${quoted(column)} of its primary key.`);
    return text;
  };
  return (row) => [textOf(row, first), ...others.map((column) => textOf(row, column))];
}

/** By default the identity is the primary key: a key of other columns, or none, would let two rows share a message key. */
function checkKey({ identity, columns }: Relation, primaryKey: readonly string[], name: string): void {
  const key = columns.filter(({ isKey }) => isKey).map((column) => column.name);
  if (identity !== "default" || (key.length === primaryKey.length && key.every((one) => primaryKey.includes(one))))
    return;
  const was = primaryKey.map(quoted).join(", ");
  throw new SourceError({
    code: "key_changed",
    message: `The primary key of table ${name} was (${was}) and is ${key.length === 0 ? "gone" : `(${key.map(quoted).join(", ")})`}.`,
    hint:
      key.length === 0
        ? `ALTER TABLE ${name} ADD PRIMARY KEY (${was}); then kbroker connector restart <name> --snapshot initial`
        : "Begin again, with the new keys: kbroker connector restart <name> --snapshot initial",
  });
}

function checkColumn({ identity, columns }: Relation, wanted: string, name: string): void {
  const column = columns.find((candidate) => candidate.name === wanted);
  if (column === undefined) {
    throw new SourceError({
      code: "key_changed",
      message: `The changes of table ${name} do not hold ${quoted(wanted)} of its primary key.`,
      hint: "Publish all columns of the table; if its primary key was changed: kbroker connector restart <name> --snapshot initial",
    });
  }
  if (identity !== "nothing" && !column.isKey) {
    throw new SourceError({
      code: "replica_identity",
      message: `The replica identity of table ${name} does not hold ${quoted(wanted)} of its primary key.`,
      hint: `ALTER TABLE ${name} REPLICA IDENTITY DEFAULT;`,
    });
  }
}

function keyless(name: string): SourceError {
  return new SourceError({
    code: "key_changed",
    message: `Table ${name} has no primary key.`,
    hint: `ALTER TABLE ${name} ADD PRIMARY KEY (...); then kbroker connector restart <name> --snapshot initial`,
  });
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
