import type { LookupFunction } from "node:net";
import type { Clock } from "../../domain/clock.ts";
import type { SecretReference } from "../../domain/connector.ts";
import type { Source } from "../port.ts";

export interface PostgresqlDeps {
  readonly clock: Clock;
  /** Resolves the database's host, and gives only addresses that may be connected to. */
  readonly lookup: LookupFunction;
  /** Why a literal address must not be connected to (no lookup happens for those); `undefined`: it may. */
  readonly addressProblem: (address: string) => string | undefined;
  /** Asked anew for each connection, so that a changed password is found; `undefined` where there is none. */
  readonly secret: (reference: SecretReference) => Promise<string | undefined>;
}

/**
 * Changes of PostgreSQL tables by logical replication (`pgoutput`). Its libraries are loaded when it is first asked: a broker without
 * connectors starts without them.
 */
export function postgresqlSource(deps: PostgresqlDeps): Source {
  let loading: Promise<Source> | undefined;
  const driver = () => {
    loading ??= import("./driver.ts").then(({ postgresqlDriver }) => postgresqlDriver(deps));
    return loading;
  };
  return {
    check: async (wish) => (await driver()).check(wish),
    tables: async (database) => (await driver()).tables(database),
    open: async (request) => (await driver()).open(request),
    measure: async (settings) => (await driver()).measure(settings),
    remove: async (settings) => (await driver()).remove(settings),
  };
}
