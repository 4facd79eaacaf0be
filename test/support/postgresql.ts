import { onTestFinished, test } from "vitest";
import { INSTALL_HINT, postgresqlBin } from "./postgresql-program.ts";
import { openPostgresql, type Postgresql, type PostgresqlOptions } from "./postgresql-server.ts";

export type { Postgresql, PostgresqlOptions, StopMode } from "./postgresql-server.ts";

const isMissing = postgresqlBin() === undefined;
if (isMissing && process.env.CI === undefined) console.warn(`SKIPPED: tests that need PostgreSQL. ${INSTALL_HINT}`);

/** `test` where there is PostgreSQL. Elsewhere it is skipped, loudly; in CI, where nothing may be skipped, it fails. */
export const testWithPostgresql = test.skipIf(isMissing && process.env.CI === undefined);

/** A private server for this test: `postgres` may do everything in it, and it is gone afterwards, however the test ends. */
export async function startPostgresql(options: PostgresqlOptions = {}): Promise<Postgresql> {
  const server = await openPostgresql(options);
  onTestFinished(() => server.close());
  return server;
}
