import type { Clock } from "../../domain/clock.ts";
import type { Fault } from "../../domain/connector-report.ts";
import { type OpenSource, SourceError, type SourceSettings } from "../port.ts";
import { type Checkpoint, type KnownTable, parseCheckpoint, type SnapshotState } from "./checkpoint.ts";
import type { ConnectDeps, Connection } from "./connect.ts";
import { lsnText, parseLsn } from "./lsn.ts";
import { ensurePublication } from "./publication.ts";
import { checkSameKey, keyNumbers } from "./same-key.ts";
import { createSlot, dropSlot, findSlot, type Slot, slotLost } from "./slot.ts";
import { beginSnapshot } from "./snapshot.ts";
import { type CapturedTable, readTables } from "./tables.ts";
import { placeOf, tableSql, tableText } from "./words.ts";

/** Everything is in place in the database. */
export interface Prepared {
  readonly start: Checkpoint;
  readonly tables: readonly CapturedTable[];
  readonly warnings: readonly Fault[];
}

/** Makes what is missing. Where rows of the beginning are to be read, the connection is in the transaction that sees them. */
export async function prepare(connection: Connection, request: OpenSource, deps: ConnectDeps): Promise<Prepared> {
  const { settings, startsOver } = request;
  const system = await systemOf(connection);
  const given = startsOver ? undefined : parseCheckpoint(request.checkpoint);
  if (given !== undefined) checkSystem(given, { system, settings });
  if (startsOver) await dropSlot(connection, settings.slot);
  const found = await findSlot(connection, { name: settings.slot, address: settings.database });
  if (found === undefined && given !== undefined) {
    throw slotLost({ name: settings.slot, address: settings.database, why: "it is not there any more" });
  }
  if (found !== undefined && given !== undefined) checkSlot(given, { slot: found, settings });
  const tables = await readTables(connection, settings);
  if (given !== undefined) checkKeys(given, tables);
  await ensurePublication(connection, { settings, tables, isNew: found === undefined });
  const warnings = warningsOf(settings, tables);
  const before = given ?? { version: 1 as const, system: system.id, lsn: "0/0", tables: [], snapshot: null };
  if (found === undefined) {
    const lsn = await beginNew(connection, request, deps);
    return { start: planned({ ...before, lsn }, { settings, tables, timeMs: system.timeMs, lsn }), tables, warnings };
  }
  const start = planned(
    { ...before, lsn: given?.lsn ?? lsnText(found.lsn) },
    { settings, tables, timeMs: system.timeMs, lsn: given === undefined ? lsnText(found.lsn) : system.lsn },
  );
  if (start.snapshot !== null) {
    await writersEnded(connection, { clock: deps.clock, signal: request.signal });
    await beginSnapshot(connection, undefined);
  }
  return { start, tables, warnings };
}

interface System {
  readonly id: string;
  /** Where the log ends. */
  readonly lsn: string;
  readonly timeMs: number;
}

async function systemOf(connection: Connection): Promise<System> {
  const [row = {}] =
    await connection.query(`SELECT system_identifier::text AS id, pg_catalog.pg_current_wal_flush_lsn()::text AS lsn,
    pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint::text AS time FROM pg_catalog.pg_control_system()`);
  return { id: row.id ?? "", lsn: row.lsn ?? "", timeMs: Number(row.time) };
}

/** A place is a place of one history only: in another database it would silently leave out whatever is before it there. */
function checkSystem(
  { system, lsn }: Checkpoint,
  { system: now, settings }: { readonly system: System; readonly settings: SourceSettings },
): void {
  const isOther = system !== now.id;
  if (!isOther && parseLsn(lsn) <= parseLsn(now.lsn)) return;
  const why = isOther
    ? `it was system ${system} and is system ${now.id}`
    : `its log ends at ${now.lsn} and was read up to ${lsn} already, so it was restored from a backup`;
  throw new SourceError({
    code: "other_database",
    message: `This is not the database that the connector read from, ${placeOf(settings.database)}: ${why}.`,
    hint: "Begin again with all rows of this one: kbroker connector restart <name> --snapshot initial",
  });
}

/** We confirm what is noted, never more: what lies between was confirmed by somebody else, or our data is an older copy of itself. */
function checkSlot(
  { lsn }: Checkpoint,
  { slot, settings }: { readonly slot: Slot; readonly settings: SourceSettings },
): void {
  if (slot.lsn <= parseLsn(lsn)) return;
  const why = `it stands at ${lsnText(slot.lsn)} and the connector has noted ${lsn} only, so the broker's data was restored from a backup or somebody moved the slot on`;
  throw slotLost({ name: settings.slot, address: settings.database, why });
}

function checkKeys({ tables, snapshot }: Checkpoint, now: readonly CapturedTable[]): void {
  for (const known of [...tables, ...(snapshot?.tables ?? [])]) {
    const found = now.find((table) => isSame(known, table));
    if (found !== undefined) checkSameKey(known.key, found);
  }
}

function isSame(known: KnownTable, table: CapturedTable): boolean {
  return known.oid === table.oid && known.schema === table.schema && known.table === table.table;
}

/** A new slot, and the rows as they are at its beginning. */
async function beginNew(connection: Connection, { settings, signal }: OpenSource, deps: ConnectDeps): Promise<string> {
  const created = await createSlot({ name: settings.slot, address: settings.database, signal }, deps);
  try {
    if (settings.snapshot === "initial") await beginSnapshot(connection, created.snapshot);
  } finally {
    await created.letGo();
  }
  return lsnText(created.lsn);
}

/** Which rows are to be read still: what was begun, and tables that were never read. */
function planned(
  before: Checkpoint,
  {
    settings,
    tables,
    timeMs,
    lsn,
  }: {
    readonly settings: SourceSettings;
    readonly tables: readonly CapturedTable[];
    readonly timeMs: number;
    readonly lsn: string;
  },
): Checkpoint {
  const known = before.tables.filter((one) => tables.some((table) => isSame(one, table)));
  const begun = (before.snapshot?.tables ?? []).filter((one) => tables.some((table) => isSame(one, table)));
  const fresh = tables.filter((table) => ![...known, ...begun].some((one) => isSame(one, table)));
  if (settings.snapshot === "none")
    return { ...before, tables: [...known, ...begun.map(forgotten), ...fresh.map(knownOf)], snapshot: null };
  const reads = [...begun, ...fresh.map(readOf)];
  if (reads.every(({ done }) => done))
    return { ...before, tables: [...known, ...begun.map(forgotten)], snapshot: null };
  const snapshot: SnapshotState = { lsn, timeMs, ...before.snapshot, tables: reads };
  return { ...before, tables: known, snapshot };
}

function forgotten({ schema, table, oid, key }: KnownTable): KnownTable {
  return { schema, table, oid, key };
}

function knownOf(table: CapturedTable): KnownTable {
  return { schema: table.schema, table: table.table, oid: table.oid, key: keyNumbers(table) };
}

function readOf(table: CapturedTable) {
  return { ...knownOf(table), rows: 0, rowsExpected: table.rowsExpected, after: null, done: false };
}

const WRITERS_POLL_MS = 200;

/**
 * What a transaction changed in a table before the table was published is never sent, and what it has not committed is not read either: so
 * rows are read only after all such transactions ended.
 */
async function writersEnded(
  connection: Connection,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const [now] = await connection.query(
    "SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())::text AS xmax",
  );
  const sql = "SELECT (pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()) >= $1::bigint)::text AS ended";
  for (;;) {
    const [row] = await connection.query(sql, [now?.xmax]);
    if (row?.ended === "true") return;
    await clock.after(WRITERS_POLL_MS, signal);
    signal.throwIfAborted();
  }
}

function warningsOf(settings: SourceSettings, tables: readonly CapturedTable[]): readonly Fault[] {
  return settings.tables.flatMap((name, index) => {
    const found = tables.find((table) => table.index === index);
    if (found === undefined) {
      return [
        {
          code: "table_missing" as const,
          message: `Table ${tableText(name)} is not there any more in ${placeOf(settings.database)}; nothing comes from it.`,
          hint: `Create it again and: kbroker connector resume <name>; or leave it out: kbroker connector update <name> --remove-table ${tableText(name)}`,
        },
      ];
    }
    if (found.isPublished || settings.ownsPublication) return [];
    return [
      {
        code: "table_missing" as const,
        message: `Table ${tableText(name)} is not in publication "${settings.publication}" in ${placeOf(settings.database)}; nothing comes from it.`,
        hint: `ALTER PUBLICATION "${settings.publication}" ADD TABLE ${tableSql(name)};`,
      },
    ];
  });
}
