import { type SourceCheck, SourceError, type SourceTable, type SourceWish } from "../../connectors/port.ts";
import type { DatabaseAddress } from "../../domain/connector.ts";
import { slotName } from "../../domain/connector-names.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { ConnectorChecked, ConnectorWish } from "../requests/connectors.ts";
import { checkDatabase, checkWish } from "./connector-wish.ts";
import type { Control } from "./control.ts";

type Asking = Pick<Control, "sources" | "view" | "newId">;

/** Looks whether a connector could be created, and changes nothing. */
export async function checkConnector(control: Asking, wish: ConnectorWish): Promise<ConnectorChecked> {
  const topics = checkWish(control, wish).map(({ name }) => name);
  const { postgresql } = control.sources;
  const checks = await ofSource(postgresql.check(sourceWish(wish, { name: wish.name, id: control.newId() })));
  return { checks, topics };
}

export async function connectorTables(control: Asking, database: DatabaseAddress): Promise<readonly SourceTable[]> {
  checkDatabase(database);
  return ofSource(control.sources.postgresql.tables(database));
}

export function sourceWish(wish: ConnectorWish, named: { readonly name: string; readonly id: string }): SourceWish {
  const { database, tables, snapshot, publication } = wish;
  const slot = slotName(named);
  const published = { publication: publication ?? slot, ownsPublication: publication === undefined };
  return { database, tables, snapshot, slot, ...published, hasSlot: false };
}

/** Fails with everything that has to be mended in the database; a warning is none. */
export async function checkSource({ sources }: Pick<Control, "sources">, wish: SourceWish): Promise<void> {
  const checks = await ofSource(sources.postgresql.check(wish));
  const errors = checks.filter(({ result }) => result === "error");
  if (errors.length > 0) throw checksFailed(wish, errors);
}

/** Says what a source failed with in the broker's own words for errors. */
async function ofSource<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const { message, hint } = error.fault;
    throw new KBrokerError("source_failed", message, { hint, cause: error });
  }
}

function checksFailed({ database }: SourceWish, errors: readonly SourceCheck[]): KBrokerError {
  const where = `the database "${database.database}" at ${database.host}:${database.port}`;
  const [first] = errors;
  const what =
    errors.length === 1 && first !== undefined
      ? `A check of ${where} failed: ${first.message}`
      : `${errors.length} checks of ${where} failed; each is named below.`;
  const problems = errors.map(({ check, message, fix }) => ({ path: check, message, ...(fix !== null && { fix }) }));
  return new KBrokerError("connector_checks_failed", what, {
    problems,
    hint: `Nothing was changed. Mend ${problems.length === 1 ? "it" : "each"}, and give the same command again.`,
  });
}
