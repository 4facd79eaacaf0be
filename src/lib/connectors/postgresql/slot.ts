import { Client, type ClientConfig } from "pg";
import type { DatabaseAddress } from "../../domain/connector.ts";
import { SourceError } from "../port.ts";
import type { Connection } from "./connect.ts";
import { type DialDeps, dial } from "./dial.ts";
import { type Lsn, parseLsn } from "./lsn.ts";
import { sourceError } from "./pg-errors.ts";
import { identifier, placeOf } from "./words.ts";

/** Where a slot lets the stream begin. */
export interface Slot {
  /** Everything before it was confirmed; of a new slot: its consistent point. */
  readonly lsn: Lsn;
}

const SLOT_SQL = `
SELECT slot_name, confirmed_flush_lsn::text AS lsn, pg_catalog.to_jsonb(s) ->> 'wal_status' AS wal, active::text AS active
FROM pg_catalog.pg_replication_slots s WHERE slot_name = $1`;

/** `undefined`: there is none. Fails where there is one that cannot be read from. */
export async function findSlot(
  connection: Connection,
  { name, address }: { readonly name: string; readonly address: DatabaseAddress },
): Promise<Slot | undefined> {
  const [row] = await connection.query(SLOT_SQL, [name]);
  if (row === undefined) return undefined;
  if (row.wal === "lost") throw slotLost({ name, address, why: "PostgreSQL removed log that it still needed" });
  const lsn = row.lsn;
  if (lsn == null) throw slotInUse({ name, address });
  return { lsn: parseLsn(lsn) };
}

/** What is not there is fine. */
export async function dropSlot(connection: Connection, name: string): Promise<void> {
  const sql =
    "SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE slot_name = $1";
  await connection.query(sql, [name]);
}

export interface CreatedSlot extends Slot {
  /** For `SET TRANSACTION SNAPSHOT`: the database as it is at the slot's beginning. There until `letGo`. */
  readonly snapshot: string;
  letGo(): Promise<void>;
}

/** Waits for all transactions that are under way in the database. Fails with `SourceError`, and with the signal's reason. */
export async function createSlot(
  { name, address, signal }: { readonly name: string; readonly address: DatabaseAddress; readonly signal: AbortSignal },
  deps: DialDeps,
): Promise<CreatedSlot> {
  const { config, destroy } = await dial(address, deps);
  // The driver knows it, its types do not.
  const replicating: ClientConfig & { readonly replication: "database" } = { ...config, replication: "database" };
  const client = new Client(replicating);
  client.on("error", () => undefined);
  signal.addEventListener("abort", destroy, { once: true });
  const letGo = async () => {
    signal.removeEventListener("abort", destroy);
    destroy();
  };
  try {
    signal.throwIfAborted();
    await client.connect();
    const sql = `CREATE_REPLICATION_SLOT ${identifier(name)} LOGICAL pgoutput EXPORT_SNAPSHOT`;
    const { rows } = await client.query<Record<string, string>>(sql);
    const [{ consistent_point: point = "", snapshot_name: snapshot = "" } = {}] = rows;
    return { lsn: parseLsn(point), snapshot, letGo };
  } catch (error) {
    await letGo();
    signal.throwIfAborted();
    throw sourceError(error, { address, slot: name });
  }
}

interface Named {
  readonly name: string;
  readonly address: DatabaseAddress;
}

export function slotLost({ name, address, why }: Named & { readonly why: string }): SourceError {
  return new SourceError({
    code: "slot_lost",
    message: `Replication slot "${name}" cannot be read any more in ${placeOf(address)}: ${why}.`,
    hint: "Changes since the last position may be gone. Begin again with all rows: kbroker connector restart <name> --snapshot initial",
  });
}

function slotInUse({ name, address }: Named): SourceError {
  return new SourceError({
    code: "slot_in_use",
    message: `Replication slot "${name}" is being made in ${placeOf(address)}; that waits for all transactions that are under way.`,
    hint: "It is tried again by itself. Who is waited for: SELECT pid, xact_start, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;",
  });
}
