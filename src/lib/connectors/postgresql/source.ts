import type { LookupFunction } from "node:net";
import type { Clock } from "../../domain/clock.ts";
import type { SecretReference } from "../../domain/connector.ts";
import { type Source, SourceError } from "../port.ts";
import { openStream } from "./open.ts";

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
  const seam = async () => {
    throw new SourceError({ code: "unexpected", message: "Not wired yet.", hint: "" });
  };
  return { check: seam, tables: seam, open: (request) => openStream(request, deps), measure: seam, remove: seam };
}
