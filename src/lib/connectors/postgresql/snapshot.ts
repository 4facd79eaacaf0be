import { snapshotId } from "../change-event.ts";
import type { SourceChange } from "../port.ts";
import type { SnapshotState } from "./checkpoint.ts";
import type { Connection } from "./connect.ts";
import type { ChangeAt, RelationEncoder } from "./events.ts";
import { lsnDigits, parseLsn } from "./lsn.ts";
import { type ChunkLimits, chunkSql } from "./snapshot-sql.ts";
import type { CapturedTable } from "./tables.ts";

export interface SnapshotPlan {
  readonly state: SnapshotState;
  readonly tables: readonly CapturedTable[];
  readonly encoder: (table: CapturedTable) => Promise<RelationEncoder>;
  readonly limits: ChunkLimits;
}

/** A chunk of rows, and how far everything is read with it. */
export interface SnapshotPart {
  readonly changes: readonly SourceChange[];
  readonly state: SnapshotState;
}

const BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/** All that is read in the session is of one moment: that of `exported`, else now. A policy that would hide rows is an error. */
export async function beginSnapshot(connection: Connection, exported: string | undefined): Promise<void> {
  await connection.query(BEGIN);
  if (exported !== undefined) await connection.query(`SET TRANSACTION SNAPSHOT '${exported}'`);
  await connection.query("SET LOCAL row_security = off");
}

/** Rows of the tables that are not done, from where each was left. Fails with `SourceError` or with the driver's error. */
export async function* snapshotParts(connection: Connection, plan: SnapshotPlan): AsyncGenerator<SnapshotPart> {
  let { state } = plan;
  for (const [place, { schema, table, done }] of state.tables.entries()) {
    const found = plan.tables.find((one) => one.schema === schema && one.table === table);
    if (done || found === undefined) continue;
    const at = { lsn: state.lsn, transaction: null, tsMs: state.timeMs };
    const reader = { table: found, at, encoder: await plan.encoder(found), limits: plan.limits };
    for (let isDone = false; !isDone; ) {
      const read = state.tables[place];
      const chunk = await readChunk(connection, { ...reader, after: read?.after ?? null });
      isDone = chunk.after === null;
      const rows = (read?.rows ?? 0) + chunk.changes.length;
      state = advanced(state, place, { rows, done: isDone, after: chunk.after });
      yield { changes: chunk.changes, state };
    }
  }
}

function advanced(
  state: SnapshotState,
  place: number,
  change: { readonly rows: number; readonly done: boolean; readonly after: string[] | null },
): SnapshotState {
  return { ...state, tables: state.tables.with(place, { ...present(state, place), ...change }) };
}

function present({ tables }: SnapshotState, place: number) {
  const found = tables[place];
  if (found === undefined) throw new RangeError(`The snapshot has no table ${place}.`);
  return found;
}

interface ChunkReader {
  readonly table: CapturedTable;
  readonly at: ChangeAt;
  readonly encoder: RelationEncoder;
  readonly limits: ChunkLimits;
  readonly after: readonly string[] | null;
}

interface Chunk {
  readonly changes: SourceChange[];
  /** `null`: there are no more. */
  readonly after: string[] | null;
}

async function readChunk(connection: Connection, { table, at, encoder, limits, after }: ChunkReader): Promise<Chunk> {
  const { columns, index } = table;
  const text = chunkSql(table, { isFirst: after === null, limits });
  const query = { text, values: [...(after ?? [])], rowMode: "array" as const };
  const { rows } = await connection.client.query<(string | null)[]>(query);
  const digits = lsnDigits(parseLsn(at.lsn));
  const changes: SourceChange[] = [];
  for (const values of rows) {
    const row: Record<string, string | null> = Object.create(null);
    for (const [place, { name }] of columns.entries()) row[name] = values[place] ?? null;
    for (const event of encoder.snapshotRow(at, row)) {
      changes.push({ table: index, id: snapshotId(digits, event.key ?? ""), timeMs: at.tsMs, ...event });
    }
  }
  const last = rows.at(-1);
  return { changes, after: last === undefined ? null : keyOf(table, last) };
}

/** A key has no NULL. */
function keyOf({ columns, key }: CapturedTable, values: readonly (string | null)[]): string[] {
  return key.map(({ name }) => values[columns.findIndex((column) => column.name === name)] ?? "");
}
