import { DatabaseError } from "pg";
import { SourceError, type SourceSettings } from "../port.ts";
import { type ConnectDeps, type Connection, connected } from "./connect.ts";
import { sourceError } from "./pg-errors.ts";
import { identifier, literal, placeOf } from "./words.ts";

/** For how long a stream of ours that ends right now may hold the slot. */
const RELEASE_MS_MAX = 10_000;
const RELEASE_STEP_MS = 200;
const STATEMENT_MS_MAX = 30_000;

const SLOT = "SELECT database = current_database() AS ours FROM pg_replication_slots WHERE slot_name = $1";

/** Ends nobody's session. Fails with `SourceError`, whose hint holds the SQL that does it by hand. */
export async function removeFromDatabase(settings: SourceSettings, deps: ConnectDeps): Promise<void> {
  try {
    await connected(settings.database, deps, {
      ...{ statementTimeoutMs: STATEMENT_MS_MAX, slot: settings.slot },
      work: async (connection) => {
        // First what keeps WAL back.
        await dropSlot(connection, settings, deps);
        if (settings.ownsPublication)
          await connection.query(`DROP PUBLICATION IF EXISTS ${identifier(settings.publication)}`);
      },
    });
  } catch (error) {
    // A database takes its slots and publications with it.
    if (stateOf(error) === "3D000") return;
    throw error instanceof SourceError ? withSql(error, settings) : error;
  }
}

async function dropSlot(
  connection: Connection,
  { slot, database }: SourceSettings,
  { clock }: ConnectDeps,
): Promise<void> {
  const deadlineMs = clock.monotonic() + RELEASE_MS_MAX;
  for (;;) {
    const [found] = await connection.query(SLOT, [slot]);
    if (found === undefined) return;
    if (found.ours !== "t") throw otherDatabase(slot, placeOf(database));
    const failure = await connection.query("SELECT pg_drop_replication_slot($1)", [slot]).then(
      () => undefined,
      (error: unknown) => sourceError(error, { address: database, slot }),
    );
    if (failure === undefined || stateOf(failure) === "42704") return;
    if (stateOf(failure) !== "55006" || clock.monotonic() >= deadlineMs) throw failure;
    await clock.after(RELEASE_STEP_MS);
  }
}

function otherDatabase(slot: string, place: string): SourceError {
  const message = `Replication slot "${slot}" is not of ${place}.`;
  return new SourceError({
    code: "other_database",
    message,
    hint: "See whose it is: SELECT * FROM pg_replication_slots;",
  });
}

function withSql({ fault, cause }: SourceError, { slot, publication, ownsPublication }: SourceSettings): SourceError {
  const drop = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${literal(slot)};`;
  const unpublish = ownsPublication ? ` DROP PUBLICATION IF EXISTS ${identifier(publication)};` : "";
  return new SourceError({ ...fault, hint: `${fault.hint} By hand: ${drop}${unpublish}` }, { cause });
}

/** The SQLSTATE behind a `SourceError`. */
function stateOf(error: unknown): string | undefined {
  return error instanceof SourceError && error.cause instanceof DatabaseError ? error.cause.code : undefined;
}
