import type { LookupFunction } from "node:net";
import type { Clock } from "../../domain/clock.ts";
import type { SecretReference } from "../../domain/connector.ts";
import type { Source } from "../port.ts";
import { checkDatabase } from "./checks/check.ts";
import { listTables } from "./list-tables.ts";
import { measurer } from "./measure.ts";
import { openStream } from "./open.ts";
import { removeFromDatabase } from "./remove.ts";

export interface PostgresqlDeps {
  readonly clock: Clock;
  /** Resolves the database's host, and gives only addresses that may be connected to. */
  readonly lookup: LookupFunction;
  /** Why a literal address must not be connected to (no lookup happens for those); `undefined`: it may. */
  readonly addressProblem: (address: string) => string | undefined;
  /** Asked anew for each connection, so that a changed password is found; `undefined` where there is none. */
  readonly secret: (reference: SecretReference) => Promise<string | undefined>;
}

/** Changes of PostgreSQL tables by logical replication (`pgoutput`). */
export function postgresqlSource(deps: PostgresqlDeps): Source {
  return {
    check: (wish) => checkDatabase(wish, deps),
    tables: (database) => listTables(database, deps),
    open: (request) => openStream(request, deps),
    measure: measurer(deps),
    remove: (settings) => removeFromDatabase(settings, deps),
  };
}
