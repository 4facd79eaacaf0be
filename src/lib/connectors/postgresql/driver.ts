import type { Source } from "../port.ts";
import { checkDatabase } from "./checks/check.ts";
import type { ConnectDeps } from "./connect.ts";
import { listTables } from "./list-tables.ts";
import { measurer } from "./measure.ts";
import { openStream } from "./open.ts";
import { removeFromDatabase } from "./remove.ts";

/** Brings along the libraries of PostgreSQL. */
export function postgresqlDriver(deps: ConnectDeps): Source {
  return {
    check: (wish) => checkDatabase(wish, deps),
    tables: (database) => listTables(database, deps),
    open: (request) => openStream(request, deps),
    measure: measurer(deps),
    remove: (settings) => removeFromDatabase(settings, deps),
  };
}
