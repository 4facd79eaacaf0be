import type { SourceSettings } from "../port.ts";
import { SourceError } from "../port.ts";
import type { Connection } from "./connect.ts";
import type { CapturedTable } from "./tables.ts";
import { identifier, placeOf, tableSql } from "./words.ts";

/** Other sessions wait behind a lock that we wait for. */
const LOCK_TIMEOUT = "5s";

/**
 * Makes a publication of the connector's own hold exactly its tables. One that was there and is gone is not made again: what was changed
 * meanwhile cannot be read any more. Tells whether it changed anything.
 */
export async function ensurePublication(
  connection: Connection,
  {
    settings,
    tables,
    isNew,
  }: {
    readonly settings: SourceSettings;
    readonly tables: readonly CapturedTable[];
    /** Nothing was read yet. */
    readonly isNew: boolean;
  },
): Promise<boolean> {
  const { publication, ownsPublication } = settings;
  const isThere = await hasPublication(connection, publication);
  if (!isThere && (!ownsPublication || !isNew)) throw publicationMissing(settings, isNew);
  if (!ownsPublication) return false;
  if (isThere && (await holdsExactly(connection, { publication, tables }))) return false;
  await connection.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
  await connection.query(isThere ? alterSql(publication, tables) : createSql(publication, tables));
  await connection.query("RESET lock_timeout");
  return true;
}

async function hasPublication(connection: Connection, name: string): Promise<boolean> {
  const found = await connection.query("SELECT 1 AS one FROM pg_catalog.pg_publication WHERE pubname = $1", [name]);
  return found.length > 0;
}

async function holdsExactly(
  connection: Connection,
  { publication, tables }: { readonly publication: string; readonly tables: readonly CapturedTable[] },
): Promise<boolean> {
  const sql =
    "SELECT r.prrelid::text AS oid FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE p.pubname = $1";
  const held = new Set((await connection.query(sql, [publication])).map(({ oid }) => Number(oid)));
  return held.size === tables.length && tables.every(({ oid }) => held.has(oid));
}

/** Changes of a partition come as those of the table that is captured. */
function createSql(publication: string, tables: readonly CapturedTable[]): string {
  const list = tables.length === 0 ? "" : ` FOR TABLE ${listSql(tables)}`;
  return `CREATE PUBLICATION ${identifier(publication)}${list} WITH (publish_via_partition_root = true)`;
}

/** No list is no SQL: without any table that is there the publication stays as it is. */
function alterSql(publication: string, tables: readonly CapturedTable[]): string {
  if (tables.length === 0) return "SELECT 1 AS one";
  return `ALTER PUBLICATION ${identifier(publication)} SET TABLE ${listSql(tables)}`;
}

function listSql(tables: readonly CapturedTable[]): string {
  return tables.map(tableSql).join(", ");
}

function publicationMissing({ database, publication, ownsPublication }: SourceSettings, isNew: boolean): SourceError {
  const create = `CREATE PUBLICATION ${identifier(publication)} FOR TABLE ...;`;
  const again = "kbroker connector restart <name> --snapshot initial";
  return new SourceError({
    code: "publication_missing",
    message: `Publication "${publication}" is not there in ${placeOf(database)}.`,
    hint: isNew
      ? `${create} then: kbroker connector resume <name>`
      : `What was changed since it was dropped cannot be read any more. ${ownsPublication ? "" : `${create} then: `}${again}`,
  });
}
