import type { DatabaseAddress } from "../../domain/connector.ts";
import type { SourceTable } from "../port.ts";
import { tableChecks } from "./checks/tables.ts";
import { type ConnectDeps, connected } from "./connect.ts";
import { factsOfAll } from "./table-facts.ts";

const STATEMENT_MS_MAX = 10_000;

/** All tables of the database, with what keeps one from being captured with its rows. Fails with `SourceError`. */
export function listTables(database: DatabaseAddress, deps: ConnectDeps): Promise<readonly SourceTable[]> {
  return connected(database, deps, {
    ...{ readOnly: true, statementTimeoutMs: STATEMENT_MS_MAX },
    work: async (connection) =>
      (await factsOfAll(connection)).map((facts) => {
        const { schema, table, key, rowsExpected } = facts;
        const checks = tableChecks(facts, { database, snapshot: "initial" });
        const problem = checks.find(({ result }) => result === "error")?.message ?? null;
        return { schema, table, key, rowsExpected, problem };
      }),
  });
}
