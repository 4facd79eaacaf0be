import { changeEvent, messageKey } from "../change-event.ts";
import { type Column, columnsOf, rowJson, unchangedOf } from "./columns.ts";
import { keyColumns } from "./key-columns.ts";
import type { Relation, RelationSettings, Row } from "./relation.ts";

/** Where and when a row changed. Of a row that the snapshot read: the slot's consistent point, no transaction, the snapshot's time. */
export interface ChangeAt {
  /** Of the commit, as PostgreSQL spells it: `0/16B3748`. */
  readonly lsn: string;
  readonly transaction: number | null;
  readonly tsMs: number;
}

/** An event without its place in a stream. */
export interface RenderedEvent {
  /** Left out: it concerns the table as a whole. */
  readonly key?: string;
  readonly payload: Uint8Array;
}

/** As the stream tells of it: `old` with REPLICA IDENTITY FULL, otherwise `key` where the identity's columns may have changed. */
export interface UpdatedRow {
  readonly old: Row | null;
  readonly key: Row | null;
  readonly new: Row;
}

/** Makes the events of one table, in its present form. The same change gives the same bytes. */
export interface RelationEncoder {
  insert(at: ChangeAt, row: Row): readonly RenderedEvent[];
  snapshotRow(at: ChangeAt, row: Row): readonly RenderedEvent[];
  /** Two events where the primary key changed: the end of one key's history, and the beginning of another's. */
  update(at: ChangeAt, row: UpdatedRow): readonly RenderedEvent[];
  remove(at: ChangeAt, row: Omit<UpdatedRow, "new">): readonly RenderedEvent[];
  truncate(at: ChangeAt): readonly RenderedEvent[];
}

/** Compiled once per relation message, since it runs for each change. Fails with `SourceError` where rows could not be told apart. */
export function relationEncoder(relation: Relation, settings: RelationSettings): RelationEncoder {
  const key = keyColumns(relation, settings.primaryKey);
  const columns = columnsOf(relation, settings.types);
  const identity = columns.filter(({ isKey }) => isKey);
  const source = sourceOf(relation, settings.database);
  const keyOf = (row: Row) => messageKey(key(row));

  const created = (at: ChangeAt, row: Row, { op, extra }: { op: "c" | "r"; extra: string }): RenderedEvent => ({
    key: keyOf(row),
    payload: changeEvent({
      before: "null",
      after: rowJson(columns, row),
      op,
      source: source(at, op === "r", extra + unchangedOf(columns, row)),
      tsMs: at.tsMs,
    }),
  });
  const removed = (at: ChangeAt, row: Before, extra: string): RenderedEvent => ({
    key: keyOf(row.row),
    payload: changeEvent({
      before: rowJson(row.columns, row.row),
      after: "null",
      op: "d",
      source: source(at, false, extra),
      tsMs: at.tsMs,
    }),
  });

  return {
    insert: (at, row) => [created(at, row, { op: "c", extra: "" })],
    snapshotRow: (at, row) => [created(at, row, { op: "r", extra: "" })],
    update(at, { old, key: oldKey, new: sent }) {
      const row = withUnchanged(columns, sent, old ?? oldKey);
      const before = { row: old ?? oldKey ?? row, columns: old === null ? identity : columns };
      const [from, to] = [keyOf(before.row), keyOf(row)];
      if (from !== to) {
        return [
          removed(at, before, `,"movedTo":${JSON.stringify(to)}`),
          created(at, row, { op: "c", extra: `,"movedFrom":${JSON.stringify(from)}` }),
        ];
      }
      const payload = changeEvent({
        before: rowJson(before.columns, before.row),
        after: rowJson(columns, row),
        op: "u",
        source: source(at, false, unchangedOf(columns, row)),
        tsMs: at.tsMs,
      });
      return [{ key: to, payload }];
    },
    remove(at, { old, key: oldKey }) {
      const before = old ?? oldKey;
      if (before === null) throw new Error("A deleted row came without its key.");
      return [removed(at, { row: before, columns: old === null ? identity : columns }, "")];
    },
    truncate: (at) => [
      {
        payload: changeEvent({ before: "null", after: "null", op: "t", source: source(at, false, ""), tsMs: at.tsMs }),
      },
    ],
  };
}

/** What is known of a row before its change. */
interface Before {
  readonly row: Row;
  readonly columns: readonly Column[];
}

/** What did not change is what it was: only where that is not known either, the column stays out. */
function withUnchanged(columns: readonly Column[], sent: Row, before: Row | null): Row {
  if (before === null || columns.every(({ name }) => sent[name] !== undefined)) return sent;
  const row: Record<string, string | null | undefined> = Object.create(null);
  for (const { name } of columns) row[name] = sent[name] === undefined ? before[name] : sent[name];
  return row;
}

function sourceOf({ schema, table }: Relation, database: string) {
  const start = `{"database":${JSON.stringify(database)},"schema":${JSON.stringify(schema)},"table":${JSON.stringify(table)},"lsn":"`;
  return ({ lsn, transaction }: ChangeAt, isSnapshot: boolean, extra: string) =>
    `${start}${lsn}","transaction":${transaction},"snapshot":${isSnapshot}${extra}}`;
}
