import type { TypeCatalog } from "./type-catalog.ts";

/** A table as the stream tells of it before its first change, and again after DDL. */
export interface Relation {
  readonly schema: string;
  readonly table: string;
  /** REPLICA IDENTITY: what the stream tells of a row before its change. */
  readonly identity: "default" | "full" | "index" | "nothing";
  readonly columns: readonly RelationColumn[];
}

export interface RelationColumn {
  readonly name: string;
  readonly typeOid: number;
  /** Part of the replica identity. */
  readonly isKey: boolean;
}

export interface RelationSettings {
  /** Knows the columns' types: `resolve` was awaited. */
  readonly types: TypeCatalog;
  /** Names of the columns, in the key's order. */
  readonly primaryKey: readonly string[];
  readonly database: string;
}

/**
 * By column, the text that PostgreSQL sends under our session settings; `undefined`: not told, because it is stored apart and did not
 * change. Without a prototype, so that a column may have any name.
 */
export type Row = Readonly<Record<string, string | null | undefined>>;
