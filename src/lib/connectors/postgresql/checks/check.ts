import { type SourceCheck, SourceError, type SourceWish } from "../../port.ts";
import { type ConnectDeps, type Connection, connect } from "../connect.ts";
import { factsOf, factsOfAll, type TableFacts } from "../table-facts.ts";
import { hostPort, identifier } from "../words.ts";
import { failed, ok, skipped } from "./finding.ts";
import { publicationChecks } from "./publication.ts";
import { readServer, serverChecks, versionCheck } from "./server.ts";
import { slotCheck } from "./slot.ts";
import { isMendable, missingTable, tableChecks } from "./tables.ts";

/** A question to the catalog takes milliseconds; who waits longer waits for a lock. */
const STATEMENT_MS_MAX = 10_000;

const OF_SERVER = [
  "primary",
  "wal_level",
  "replication_right",
  "replication_slots",
  "wal_senders",
  "max_slot_wal_keep_size",
];
const OF_TABLES = ["table", "publication", "slot"];

/** Everything that has to hold, in the order in which it is mended. Looks in a read-only session, and never fails for what it finds. */
export async function checkDatabase(wish: SourceWish, deps: ConnectDeps): Promise<readonly SourceCheck[]> {
  let connection: Connection;
  try {
    connection = await connect(wish.database, deps, { readOnly: true, statementTimeoutMs: STATEMENT_MS_MAX });
  } catch (error) {
    return notConnected(error, wish);
  }
  try {
    return [...connectedChecks(wish), ...(await looked(connection, wish))];
  } finally {
    await connection.close();
  }
}

function connectedChecks({ database }: SourceWish): readonly SourceCheck[] {
  return [
    ok("reachable", `PostgreSQL answers at ${hostPort(database)}${database.tls === "disable" ? "" : " over TLS"}.`),
    ok("credentials", `User ${identifier(database.user)} gets into database ${identifier(database.database)}.`),
  ];
}

/** Who is asked for a password, or let in by no rule, has reached a server. */
function notConnected(error: unknown, { database }: SourceWish): readonly SourceCheck[] {
  if (!(error instanceof SourceError)) throw error;
  const { code, message, hint } = error.fault;
  const rest = ["version", ...OF_SERVER, ...OF_TABLES].map((check) => skipped(check, "there is no connection"));
  if (code === "authentication_failed")
    return [
      ok("reachable", `PostgreSQL answers at ${hostPort(database)}.`),
      failed("credentials", message, hint),
      ...rest,
    ];
  if (code === "secret_missing")
    return [skipped("reachable", "there is no password"), failed("credentials", message, hint), ...rest];
  return [failed("reachable", message, hint), skipped("credentials", "there is no connection"), ...rest];
}

async function looked(connection: Connection, wish: SourceWish): Promise<readonly SourceCheck[]> {
  const found: SourceCheck[] = [];
  try {
    const server = await readServer(connection);
    const version = versionCheck(server);
    found.push(version);
    if (version.result === "error")
      return [...found, ...[...OF_SERVER, ...OF_TABLES].map((check) => skipped(check, "PostgreSQL is too old"))];
    found.push(...serverChecks(server, wish));
    found.push(...(await tablesAndAll(connection, wish)));
    return found;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return [...found, failed("catalog", error.fault.message, error.fault.hint)];
  }
}

async function tablesAndAll(connection: Connection, wish: SourceWish): Promise<readonly SourceCheck[]> {
  const facts = await factsOf(connection, wish.tables);
  const there = (schema: string, table: string) => facts.find((one) => one.schema === schema && one.table === table);
  const isMissing = wish.tables.some(({ schema, table }) => there(schema, table) === undefined);
  const known = isMissing ? await factsOfAll(connection) : [];
  const ofTables = wish.tables.flatMap((name) => {
    const one = there(name.schema, name.table);
    return one === undefined ? [missingTable(name, known)] : tableChecks(one, wish);
  });
  return [...ofTables, ...(await ofPublication(connection, wish, facts)), await slotCheck(connection, wish)];
}

/** Only of tables that a publication can have: SQL that names another one would fail as it stands. */
async function ofPublication(
  connection: Connection,
  wish: SourceWish,
  facts: readonly TableFacts[],
): Promise<readonly SourceCheck[]> {
  const tables = facts.filter(isMendable);
  if (tables.length === 0) return [skipped("publication", "there is no table that could be published")];
  return publicationChecks(connection, { ...wish, tables }, tables);
}
