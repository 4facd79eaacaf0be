import type { TableName } from "../../domain/connector.ts";
import type { Fault } from "../../domain/connector-report.ts";
import type { SourceCheck, SourceMeasure, SourceSettings } from "../port.ts";
import { missingTable, tableChecks } from "./checks/tables.ts";
import { type ConnectDeps, type Connection, connected, type Row } from "./connect.ts";
import { type LagClock, lagClock } from "./lag-clock.ts";
import { factsOf } from "./table-facts.ts";
import { identifier, placeOf, tableSql, tableText } from "./words.ts";

const STATEMENT_MS_MAX = 5_000;

const SLOT = `SELECT (h.head - '0/0')::text AS head, (s.confirmed_flush_lsn - '0/0')::text AS confirmed,
    (h.head - s.restart_lsn)::text AS retained, to_jsonb(s)->>'wal_status' AS status, s.slot_name IS NOT NULL AS there
  FROM (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS head) h
    LEFT JOIN pg_replication_slots s ON s.slot_name = $1`;
const PUBLISHED = `SELECT p.pubname::text AS publication, t.schemaname::text AS schema, t.tablename::text AS table
  FROM pg_publication p LEFT JOIN pg_publication_tables t ON t.pubname = p.pubname WHERE p.pubname = $1`;

const AGAIN = "kbroker connector restart <name> --snapshot initial";

/** Measures in a short session of its own. Fails with `SourceError`. */
export function measurer(deps: ConnectDeps): (settings: SourceSettings) => Promise<SourceMeasure> {
  const clock = lagClock(deps.clock);
  return (settings) =>
    connected(settings.database, deps, {
      ...{ readOnly: true, statementTimeoutMs: STATEMENT_MS_MAX },
      work: (connection) => measure(connection, settings, clock),
    });
}

async function measure(connection: Connection, settings: SourceSettings, clock: LagClock): Promise<SourceMeasure> {
  const [slot = {}] = await connection.query(SLOT, [settings.slot]);
  const warnings = [...slotWarnings(slot, settings), ...(await tableWarnings(connection, settings))];
  if (slot.there !== "t") return { lag: null, retainedBytes: null, warnings };
  const [head, confirmed] = [BigInt(slot.head ?? "0"), BigInt(slot.confirmed ?? slot.head ?? "0")];
  const bytes = head > confirmed ? Number(head - confirmed) : 0;
  const lag = { bytes, ms: Math.round(clock.waitedMs(settings.slot, { head, confirmed })) };
  return { lag, retainedBytes: Math.max(0, Number(slot.retained ?? "0")), warnings };
}

function slotWarnings({ there, status }: Row, { slot, database }: SourceSettings): readonly Fault[] {
  const where = `Replication slot "${slot}" in ${placeOf(database)}`;
  if (there !== "t") return [{ code: "slot_lost", message: `${where} is not there.`, hint: AGAIN }];
  if (status === "lost")
    return [{ code: "slot_lost", message: `${where} has lost WAL that the connector needs.`, hint: AGAIN }];
  const more = "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();";
  if (status === "unreserved") {
    const message = `${where} is over max_slot_wal_keep_size: the next checkpoint may take WAL that the connector needs.`;
    return [{ code: "retained_wal", message, hint: `Let the connector catch up at once, or: ${more}` }];
  }
  if (status !== "extended") return [];
  const message = `${where} holds back more WAL than max_wal_size.`;
  return [
    { code: "retained_wal", message, hint: `See why it is behind: kbroker connector describe <name>; room: ${more}` },
  ];
}

async function tableWarnings(connection: Connection, settings: SourceSettings): Promise<readonly Fault[]> {
  const facts = await factsOf(connection, settings.tables);
  const published = await connection.query(PUBLISHED, [settings.publication]);
  const names = new Set(published.map(({ schema, table }) => `${schema}.${table}`));
  const there = new Set(facts.map(tableText));
  const gone = settings.tables.filter((name) => !there.has(tableText(name)));
  const present = settings.tables.filter((name) => there.has(tableText(name)));
  const unfit = facts.flatMap((one) => tableChecks(one, { database: settings.database, snapshot: "none" }));
  return [
    ...gone.map(tableMissing),
    ...unfit.filter(({ result }) => result === "error").map(identityFault),
    ...(published.length === 0 ? [noPublication(settings)] : unpublished(names, { ...settings, tables: present })),
  ];
}

function tableMissing(name: TableName): Fault {
  const { message } = missingTable(name, []);
  const hint = `Create it again, or leave it out: kbroker connector update <name> --remove-table ${tableText(name)}`;
  return { code: "table_missing", message, hint };
}

/** Published, a table without an identity refuses its own team's changes: that cannot wait until somebody looks. */
function identityFault({ message, fix }: SourceCheck): Fault {
  return { code: "replica_identity", message, hint: fix ?? "" };
}

/** Made again by hand it would be too late for what was written without it. */
function noPublication({ publication, ownsPublication, tables, database }: SourceSettings): Fault {
  const message = `Publication "${publication}" is not in ${placeOf(database)}: no change can be read.`;
  const create = `CREATE PUBLICATION ${identifier(publication)} FOR TABLE ${tables.map(tableSql).join(", ")};`;
  const hint = ownsPublication ? AGAIN : `${create} then: ${AGAIN}`;
  return { code: "publication_missing", message, hint };
}

function unpublished(names: ReadonlySet<string>, { publication, tables }: SourceSettings): readonly Fault[] {
  return tables
    .filter((name) => !names.has(tableText(name)))
    .map((name) => ({
      code: "table_missing",
      message: `Publication "${publication}" does not publish ${tableText(name)}: its changes do not come.`,
      hint: `ALTER PUBLICATION ${identifier(publication)} ADD TABLE ${tableSql(name)};`,
    }));
}
