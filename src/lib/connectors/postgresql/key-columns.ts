import { SourceError } from "../port.ts";
import type { Relation, Row } from "./relation.ts";

/** Gives the texts of a row's primary key. Fails unless the stream tells them of every row before its change. */
export function keyColumns(relation: Relation, primaryKey: readonly string[]): (row: Row) => [string, ...string[]] {
  const name = `${quoted(relation.schema)}.${quoted(relation.table)}`;
  const [first, ...others] = primaryKey;
  if (first === undefined) throw keyless(name);
  for (const column of primaryKey) checkColumn(relation, column, name);

  const textOf = (row: Row, column: string) => {
    const text = row[column];
    if (text == null) throw new Error(`A row of ${name} came without ${quoted(column)} of its primary key.`);
    return text;
  };
  return (row) => [textOf(row, first), ...others.map((column) => textOf(row, column))];
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
