import type { TableName } from "../../../domain/connector.ts";
import { nearest } from "../../../domain/nearest.ts";
import type { SourceCheck, SourceWish } from "../../port.ts";
import type { TableFacts } from "../table-facts.ts";
import { identifier, tableSql, tableText } from "../words.ts";
import { failed, ok, warning } from "./finding.ts";

type Asked = Pick<SourceWish, "database" | "snapshot">;

const KINDS: Readonly<Record<string, string>> = {
  v: "a view: a view has no changes of its own; name the tables that it reads",
  m: "a materialized view: it has no changes of its own; name the tables that it reads",
  f: "a foreign table: its rows change in another database; make a connector for that one",
  p: "partitioned, and its rows are its partitions'; name the partitions",
};

/** One finding for each thing that is wrong with a table, or one that all is well. */
export function tableChecks(facts: TableFacts, asked: Asked): readonly SourceCheck[] {
  const kind = kindProblem(facts);
  if (kind !== undefined) return [kind];
  const found = [...keyChecks(facts), ...identityChecks(facts), ...generatedChecks(facts), ...readChecks(facts, asked)];
  if (found.some(({ result }) => result !== "ok")) return found;
  const { key, rowsExpected } = facts;
  const rows = rowsExpected === null ? "" : `, about ${rowsExpected} row${rowsExpected === 1 ? "" : "s"}`;
  return [ok("table", `${tableText(facts)}: key (${key.join(", ")})${rows}.`)];
}

/** With the name that was probably meant: in another schema, in other letters, or misspelled. */
export function missingTable(name: TableName, known: readonly TableName[]): SourceCheck {
  const elsewhere = known.find(({ table }) => table.toLowerCase() === name.table.toLowerCase());
  const near = elsewhere === undefined ? nearest(tableText(name), known.map(tableText)) : tableText(elsewhere);
  const fix = near === undefined ? "See what there is: SELECT * FROM pg_tables;" : `--table ${near}`;
  const guess = near === undefined ? "" : ` Did you mean ${near}?`;
  return failed("table", `There is no table ${tableText(name)}.${guess}`, fix);
}

/** Whatever is wrong with it can be mended in its place; another table has to be named for all others. */
export function isMendable({ kind, schema, isTemporary, hasChildren }: TableFacts): boolean {
  return kind === "r" && !isTemporary && !hasChildren && schema !== "pg_catalog" && schema !== "information_schema";
}

function kindProblem(facts: TableFacts): SourceCheck | undefined {
  const name = tableText(facts);
  const kind = KINDS[facts.kind] ?? (facts.kind === "r" ? undefined : "no table");
  if (kind !== undefined) return failed("table_kind", `${name} is ${kind}.`, "Name an ordinary table with --table.");
  if (facts.schema === "pg_catalog" || facts.schema === "information_schema")
    return failed("table_kind", `${name} is PostgreSQL's own.`, "Name a table of yours with --table.");
  if (facts.isTemporary)
    return failed(
      "table_kind",
      `${name} is temporary: its changes are in no log.`,
      "Name an ordinary table with --table.",
    );
  if (facts.isUnlogged)
    return failed(
      "table_kind",
      `${name} is unlogged: its changes are in no log.`,
      `ALTER TABLE ${tableSql(facts)} SET LOGGED;`,
    );
  if (facts.hasChildren)
    return failed(
      "table_kind",
      `Other tables inherit from ${name}: its rows are theirs too.`,
      "Name the tables that inherit with --table.",
    );
  return undefined;
}

function keyChecks(facts: TableFacts): readonly SourceCheck[] {
  const [name, sql] = [tableText(facts), tableSql(facts)];
  if (facts.key.length === 0) {
    const message = `${name} has no primary key: events would have no message key, and once it is published PostgreSQL refuses every UPDATE and DELETE on it, your own too.`;
    return [failed("primary_key", message, `ALTER TABLE ${sql} ADD PRIMARY KEY (COLUMN, …);`)];
  }
  const generated = facts.key.filter((column) => facts.generated.includes(column));
  if (generated.length > 0) {
    const message = `The primary key of ${name} holds generated columns (${generated.join(", ")}), and their values are in no change.`;
    return [failed("primary_key", message, "Give the table a primary key of ordinary columns.")];
  }
  return [];
}

function identityChecks(facts: TableFacts): readonly SourceCheck[] {
  const [name, sql] = [tableText(facts), tableSql(facts)];
  const full = `ALTER TABLE ${sql} REPLICA IDENTITY FULL;`;
  const either = `ALTER TABLE ${sql} REPLICA IDENTITY DEFAULT; or, with whole old rows in "before": ${full}`;
  if (facts.replicaIdentity === "f") return [];
  if (facts.replicaIdentity === "n") {
    const message = `${name} has REPLICA IDENTITY NOTHING: once it is published PostgreSQL refuses every UPDATE and DELETE on it, your own too.`;
    return [failed("replica_identity", message, either)];
  }
  if (facts.replicaIdentity === "i") {
    const message = `${name} has REPLICA IDENTITY USING INDEX: old rows are told by another key than the primary key, which is the message key.`;
    return [failed("replica_identity", message, either)];
  }
  if (facts.key.length > 0 && facts.isKeyDeferrable) {
    const message = `The primary key of ${name} is DEFERRABLE, which identifies no row: once the table is published PostgreSQL refuses every UPDATE and DELETE on it, your own too.`;
    return [failed("replica_identity", message, full)];
  }
  if (facts.key.length === 0) return [];
  return [warning("replica_identity", `${name}: "before" will hold only the key (REPLICA IDENTITY DEFAULT).`, full)];
}

function generatedChecks({ generated, ...facts }: TableFacts): readonly SourceCheck[] {
  if (generated.length === 0) return [];
  const message = `${tableText(facts)}: generated columns (${generated.join(", ")}) are not in events, PostgreSQL does not send them.`;
  return [warning("generated_columns", message, null)];
}

/** The log is read without these rights, the rows of the beginning are not. */
function readChecks(facts: TableFacts, { snapshot, database: { user } }: Asked): readonly SourceCheck[] {
  if (snapshot === "none") return [];
  const [name, sql, role] = [tableText(facts), tableSql(facts), identifier(user)];
  const found: SourceCheck[] = [];
  if (!facts.mayUseSchema || !facts.maySelect) {
    const usage = facts.mayUseSchema ? "" : `GRANT USAGE ON SCHEMA ${identifier(facts.schema)} TO ${role}; `;
    const select = facts.maySelect ? "" : `GRANT SELECT ON ${sql} TO ${role};`;
    found.push(failed("select_right", `User ${role} may not read ${name}.`, `${usage}${select}`.trim()));
  }
  if (facts.hidesRows)
    found.push(
      failed("row_security", `Row security hides rows of ${name} from user ${role}.`, `ALTER ROLE ${role} BYPASSRLS;`),
    );
  return found;
}
