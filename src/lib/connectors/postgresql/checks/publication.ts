import type { SourceCheck, SourceWish } from "../../port.ts";
import type { Connection, Row } from "../connect.ts";
import type { TableFacts } from "../table-facts.ts";
import { identifier, tableSql, tableText } from "../words.ts";
import { failed, ok, warning } from "./finding.ts";

const PUBLICATION = `SELECT puballtables AS "all", pubinsert AS insert, pubupdate AS update, pubdelete AS delete,
    pubtruncate AS truncate, to_jsonb(p)->>'pubviaroot' AS root, pg_has_role(pubowner, 'USAGE') AS owns
  FROM pg_publication p WHERE pubname = $1`;
/** Lists of columns and filters of rows are there from 15 on; through JSON the question is fine on older servers. */
const COVERED = `SELECT t.schemaname::text AS schema, t.tablename::text AS table,
    to_jsonb(r)->>'prqual' IS NOT NULL AS filtered, to_jsonb(r)->>'prattrs' IS NOT NULL AS listed
  FROM pg_publication_tables t
    JOIN pg_publication p ON p.pubname = t.pubname
    LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid
      AND r.prrelid = (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = t.schemaname AND c.relname = t.tablename)
  WHERE t.pubname = $1`;

export async function publicationChecks(
  connection: Connection,
  wish: SourceWish,
  facts: readonly TableFacts[],
): Promise<readonly SourceCheck[]> {
  const [publication] = await connection.query(PUBLICATION, [wish.publication]);
  if (wish.ownsPublication) return own(connection, wish, { publication, facts });
  if (publication === undefined) return [absent(wish)];
  const covered = await connection.query(COVERED, [wish.publication]);
  const found = [
    ...operations(publication, wish),
    ...coverage(covered, wish),
    ...surprises(covered, wish),
    ...viaRoot(publication, { wish, facts }),
  ];
  return found.length > 0 ? found : [ok("publication", `Publication "${wish.publication}" publishes all tables.`)];
}

interface Own {
  readonly publication: Row | undefined;
  readonly facts: readonly TableFacts[];
}

/** The connector makes it: for that PostgreSQL wants CREATE on the database, and the tables to be one's own. */
async function own(
  connection: Connection,
  wish: SourceWish,
  { publication, facts }: Own,
): Promise<readonly SourceCheck[]> {
  if (publication !== undefined && publication.owns !== "t") {
    const message = `Publication "${wish.publication}" is there and belongs to somebody else.`;
    return [failed("publication", message, `DROP PUBLICATION ${identifier(wish.publication)};`)];
  }
  const [{ creates } = {}] = await connection.query(
    "SELECT has_database_privilege(current_database(), 'CREATE') AS creates",
  );
  const others = facts.filter(({ owns }) => !owns);
  if (creates === "t" && others.length === 0)
    return [ok("publication", `User ${identifier(wish.database.user)} may create a publication of the tables.`)];
  const owners = [...new Set(others.map(({ owner }) => identifier(owner)))].join(", ");
  const why =
    others.length > 0 ? `it does not own ${others.map(tableText).join(", ")}` : "it may create nothing in the database";
  return [
    failed(
      "publication",
      `User ${identifier(wish.database.user)} may not create a publication of the tables: ${why}.`,
      `Let ${owners || "the owner of the tables"} run: ${createSql("kbroker", wish)} and give kbroker --publication kbroker`,
    ),
  ];
}

function createSql(name: string, { tables }: SourceWish): string {
  return `CREATE PUBLICATION ${identifier(name)} FOR TABLE ${tables.map(tableSql).join(", ")};`;
}

function absent(wish: SourceWish): SourceCheck {
  return failed("publication", `There is no publication "${wish.publication}".`, createSql(wish.publication, wish));
}

function operations(publication: Row, { publication: name }: SourceWish): readonly SourceCheck[] {
  const missing = ["insert", "update", "delete", "truncate"].filter((operation) => publication[operation] !== "t");
  if (missing.length === 0) return [];
  const message = `Publication "${name}" does not publish ${missing.join(", ")}: such changes would never come.`;
  const fix = `ALTER PUBLICATION ${identifier(name)} SET (publish = 'insert, update, delete, truncate');`;
  return [missing.join() === "truncate" ? warning("publication", message, fix) : failed("publication", message, fix)];
}

function coverage(covered: readonly Row[], { publication, tables }: SourceWish): readonly SourceCheck[] {
  const names = new Set(covered.map(({ schema, table }) => `${schema}.${table}`));
  const missing = tables.filter((table) => !names.has(tableText(table)));
  if (missing.length === 0) return [];
  const message = `Publication "${publication}" does not publish ${missing.map(tableText).join(", ")}.`;
  const fix = `ALTER PUBLICATION ${identifier(publication)} ADD TABLE ${missing.map(tableSql).join(", ")};`;
  return [failed("publication", message, fix)];
}

/** The snapshot keeps to them as the stream does; who wonders where the rest is shall find it here. */
function surprises(covered: readonly Row[], { publication, tables }: SourceWish): readonly SourceCheck[] {
  const wanted = new Map(tables.map((table) => [tableText(table), table]));
  return covered.flatMap(({ schema, table, filtered, listed }) => {
    const name = wanted.get(`${schema}.${table}`);
    if (name === undefined || (filtered !== "t" && listed !== "t")) return [];
    const what = [filtered === "t" ? "only some rows" : "", listed === "t" ? "only some columns" : ""].filter(Boolean);
    const message = `Publication "${publication}" publishes ${what.join(" and ")} of ${tableText(name)}; events hold no more.`;
    const alter = `ALTER PUBLICATION ${identifier(publication)}`;
    return [
      warning("publication", message, `${alter} DROP TABLE ${tableSql(name)}; ${alter} ADD TABLE ${tableSql(name)};`),
    ];
  });
}

function viaRoot(
  publication: Row,
  { wish, facts }: { wish: SourceWish; facts: readonly TableFacts[] },
): readonly SourceCheck[] {
  if (publication.root !== "true" || !facts.some(({ isPartition }) => isPartition)) return [];
  const message = `Publication "${wish.publication}" publishes changes of partitions as their parent's (publish_via_partition_root).`;
  const fix = `ALTER PUBLICATION ${identifier(wish.publication)} SET (publish_via_partition_root = false);`;
  return [failed("publication", message, fix)];
}
