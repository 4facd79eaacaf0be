import type { SourceSettings } from "../port.ts";
import type { Connection } from "./connect.ts";
import { type RelationEncoder, relationEncoder } from "./events.ts";
import type { Relation } from "./relation.ts";
import { checkSameKey, keyNumbers } from "./same-key.ts";
import { type CapturedTable, readTables } from "./tables.ts";
import { typeCatalog } from "./type-catalog.ts";

/** A table of the connector in its present form. */
export interface CapturedRelation {
  /** Index into the settings' tables. */
  readonly table: number;
  readonly encoder: RelationEncoder;
}

export interface CaptureOptions {
  readonly settings: SourceSettings;
  readonly tables: readonly CapturedTable[];
  /** Rarely: for types of the database's own, and after DDL. */
  readonly ask: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;
}

export interface Capture {
  /** `undefined`: the table is not the connector's. Fails with `SourceError`. */
  relation(relation: Relation): Promise<CapturedRelation | undefined>;
  /** For rows that are read, not streamed. Fails with `SourceError`. */
  table(table: CapturedTable): Promise<RelationEncoder>;
}

export function capture({ settings, tables, ask }: CaptureOptions): Capture {
  const types = typeCatalog((sql, parameters) => ask(({ query }) => query(sql, parameters)));
  const known = new Map(tables.map((table) => [table.index, table]));

  async function encoder(relation: Relation, table: CapturedTable): Promise<RelationEncoder> {
    await types.resolve(relation.columns.map(({ typeOid }) => typeOid));
    const { database } = settings.database;
    return relationEncoder(relation, { types, primaryKey: primaryKeyOf(relation, table), database });
  }

  /** Made after the stream was opened. */
  async function lookUp(index: number): Promise<CapturedTable | undefined> {
    const found = (await ask((connection) => readTables(connection, settings))).find((table) => table.index === index);
    if (found !== undefined) known.set(index, found);
    return found;
  }

  /** A key with other names was renamed, or is another one; of a table that is gone by now it is never known. */
  async function present(index: number, relation: Relation): Promise<CapturedTable | undefined> {
    const before = known.get(index);
    if (before !== undefined && hasKeyOf(relation, before)) return before;
    const now = await lookUp(index);
    // Without any key there is another fault to tell of.
    if (now === undefined || now.key.length === 0) return before ?? now;
    if (now.oid === before?.oid) checkSameKey(keyNumbers(before), now);
    return now;
  }

  return {
    table: (table) => encoder(relationOf(table), table),
    async relation(relation) {
      const { schema, table } = relation;
      const index = settings.tables.findIndex((one) => one.schema === schema && one.table === table);
      const found = index < 0 ? undefined : await present(index, relation);
      if (found === undefined) return undefined;
      return { table: index, encoder: await encoder(relation, found) };
    },
  };
}

/** Told by the names alone, so a key whose columns were renamed is another one. */
function hasKeyOf({ identity, columns }: Relation, { key }: CapturedTable): boolean {
  if (identity !== "default") return true;
  const flagged = columns.filter(({ isKey }) => isKey);
  return flagged.length === key.length && key.every(({ name }) => flagged.some((column) => column.name === name));
}

/** By the names of the time of the change: a key of one column may have been renamed since. */
function primaryKeyOf({ identity, columns }: Relation, { key }: CapturedTable): readonly string[] {
  const flagged = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  if (identity === "default" && key.length === 1 && flagged.length === 1) return flagged;
  return key.map(({ name }) => name);
}

function relationOf({ schema, table, columns, key }: CapturedTable): Relation {
  const isKey = (number: number) => key.some((column) => column.number === number);
  const told = columns.map(({ name, typeOid, number }) => ({ name, typeOid, isKey: isKey(number) }));
  return { schema, table, identity: "default", columns: told };
}
