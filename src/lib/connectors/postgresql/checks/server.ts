import type { SourceCheck, SourceWish } from "../../port.ts";
import type { Connection, Row } from "../connect.ts";
import { identifier } from "../words.ts";
import { failed, ok, warning } from "./finding.ts";

/** The oldest that has what is asked of it: `pgoutput`, and generated columns in the catalog. */
const VERSION_MIN = 12;

const SERVER = `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
  pg_is_in_recovery() AS standby, current_setting('wal_level') AS level, current_setting('server_encoding') AS encoding,
  current_setting('max_replication_slots') AS slots, (SELECT count(*) FROM pg_replication_slots) AS "slotsTaken",
  current_setting('max_wal_senders') AS senders, (SELECT count(*) FROM pg_stat_replication) AS "sendersTaken",
  current_setting('max_slot_wal_keep_size', true) AS keep`;

const ROLE = `SELECT r.rolsuper OR r.rolreplication
    OR EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'rds_replication' AND pg_has_role(m.oid, 'MEMBER')) AS replicates
  FROM pg_roles r WHERE r.rolname = current_user`;

export async function readServer(connection: Connection): Promise<Row> {
  const [server = {}] = await connection.query(SERVER);
  const [role = {}] = await connection.query(ROLE);
  return { ...server, ...role };
}

export function versionCheck({ version, number }: Row): SourceCheck {
  const major = Math.floor(Number(number) / 10_000);
  return major < VERSION_MIN
    ? failed("version", `PostgreSQL ${version} is too old: ${VERSION_MIN} or newer is needed.`, "Upgrade PostgreSQL.")
    : ok("version", `PostgreSQL ${version}; tested with 15, made for ${VERSION_MIN} and newer.`);
}

/** What the server and the role have to be, whatever the tables are. */
export function serverChecks(server: Row, wish: SourceWish): readonly SourceCheck[] {
  return [primary(server), walLevel(server), right(server, wish), slots(server, wish), senders(server, wish)].concat(
    retention(server),
    encoding(server),
  );
}

function primary({ standby }: Row): SourceCheck {
  return standby === "t"
    ? failed("primary", "This server is a standby; changes are read from the primary.", "Name the primary in --url.")
    : ok("primary", "This server is no standby.");
}

function walLevel({ level }: Row): SourceCheck {
  return level === "logical"
    ? ok("wal_level", "wal_level is logical.")
    : failed(
        "wal_level",
        `wal_level is ${level}; logical replication needs logical.`,
        "ALTER SYSTEM SET wal_level = 'logical'; then restart PostgreSQL (managed services: a parameter such as rds.logical_replication).",
      );
}

function right({ replicates }: Row, { database: { user } }: SourceWish): SourceCheck {
  return replicates === "t"
    ? ok("replication_right", `User ${identifier(user)} may replicate.`)
    : failed(
        "replication_right",
        `User ${identifier(user)} may not replicate.`,
        `ALTER ROLE ${identifier(user)} REPLICATION; (Amazon RDS: GRANT rds_replication TO ${identifier(user)};)`,
      );
}

function slots({ slots: max, slotsTaken: taken }: Row, { hasSlot }: SourceWish): SourceCheck {
  if (hasSlot) return ok("replication_slots", "The connector has its replication slot already.");
  return Number(taken) < Number(max)
    ? ok("replication_slots", `${taken} of ${max} replication slots are taken.`)
    : failed(
        "replication_slots",
        `All ${max} replication slots are taken.`,
        `Drop one that nobody needs: SELECT slot_name, active FROM pg_replication_slots; SELECT pg_drop_replication_slot('NAME'); or: ALTER SYSTEM SET max_replication_slots = ${Number(max) + 5}; then restart PostgreSQL.`,
      );
}

function senders({ senders: max, sendersTaken: taken }: Row, { hasSlot }: SourceWish): SourceCheck {
  if (Number(taken) < Number(max)) return ok("wal_senders", `${taken} of ${max} WAL senders are taken.`);
  const fix = `ALTER SYSTEM SET max_wal_senders = ${Number(max) + 5}; then restart PostgreSQL.`;
  const message = `All ${max} WAL senders are taken.`;
  // One of them may be the connector's own.
  return hasSlot ? warning("wal_senders", message, fix) : failed("wal_senders", message, fix);
}

/** Neither is wrong; which risk is taken has to be known. */
function retention({ keep }: Row): SourceCheck {
  const isUnlimited = keep === null || keep === undefined || keep === "-1";
  return isUnlimited
    ? warning(
        "max_slot_wal_keep_size",
        'max_slot_wal_keep_size is unlimited: while the connector is paused, failed or unreachable PostgreSQL keeps all WAL for it, until the disk is full. "kbroker connector describe" shows how much that is.',
        "To risk changes and not the disk: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();",
      )
    : warning(
        "max_slot_wal_keep_size",
        `max_slot_wal_keep_size is ${keep}: a connector that is further behind loses its slot, and the changes in between are only had again as rows of a new snapshot.`,
        "It has to hold the WAL of the longest time without the connector; more: ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();",
      );
}

function encoding({ encoding: name }: Row): readonly SourceCheck[] {
  if (name !== "SQL_ASCII") return [];
  const message =
    "The database's encoding is SQL_ASCII: PostgreSQL converts nothing, and bytes that are not UTF-8 are replaced in events.";
  return [warning("encoding", message, "Keep only UTF-8 in it, or move it to a database WITH ENCODING 'UTF8'.")];
}
