import { CONNECTOR_TABLES_MAX, type Connector } from "../../domain/connector.ts";
import { databaseProblem, isIdentifier } from "../../domain/database-address.ts";
import { KBrokerError } from "../../domain/error.ts";
import { checkName, conflictKey } from "../../domain/names.ts";
import type { ConnectorWish } from "../requests/connectors.ts";
import { type PlannedTopic, planTopics } from "./connector-topics.ts";
import type { Control } from "./control.ts";

/** Fails unless a connector could be created so, as far as the broker alone knows; changes nothing, and asks no database. */
export function checkWish(control: Pick<Control, "view">, wish: ConnectorWish): readonly PlannedTopic[] {
  checkName("connector", wish.name);
  checkFree(control, wish.name);
  checkProduct(wish.product);
  checkDatabase(wish.database);
  const { publication } = wish;
  if (publication !== undefined && !isIdentifier(publication)) throw invalid("That is no name of a publication.");
  checkTableCount(wish.tables.length);
  return planTopics(control, wish, wish.tables);
}

/** Fails with `invalid_request` where nothing can be reached at such an address. */
export function checkDatabase(database: Connector["database"]): void {
  const problem = databaseProblem(database);
  if (problem !== undefined) throw invalid(problem);
}

export function checkTableCount(count: number): void {
  if (count >= 1 && count <= CONNECTOR_TABLES_MAX) return;
  throw invalid(`${count} tables are too many or too few: a connector has 1 to ${CONNECTOR_TABLES_MAX}.`);
}

export function checkWarn(retainedBytesWarn: number): void {
  if (Number.isSafeInteger(retainedBytesWarn) && retainedBytesWarn >= 1) return;
  throw invalid(`The warning is to come at ${retainedBytesWarn} bytes; it must be a whole number from 1 on.`);
}

/** Part of the topics' names, in which it could be empty without notice. */
function checkProduct(product: string): void {
  if (/^[A-Za-z0-9._-]+$/.test(product)) return;
  throw invalid('A product is named with letters, digits, ".", "_" and "-": it is part of the names of the topics.');
}

function checkFree({ view }: Pick<Control, "view">, name: string): void {
  const key = conflictKey(name);
  const taken = view.connectorDocuments().find((document) => conflictKey(document.value.name) === key)?.value;
  if (taken !== undefined) throw connectorExists(name, taken);
}

export function connectorExists(name: string, taken: Pick<Connector, "name" | "slot" | "deletion">): KBrokerError {
  if (taken.deletion !== undefined) return stillGoing(taken);
  return name === taken.name
    ? new KBrokerError("connector_exists", `A connector "${name}" exists already.`, {
        hint: `kbroker connector describe ${name}`,
      })
    : new KBrokerError(
        "connector_exists",
        `"${name}" differs from the connector "${taken.name}" only in "." and "_".`,
        {
          hint: "Choose a name that differs in another character.",
        },
      );
}

/** Two with one name would mix up what is in the database. */
function stillGoing({ name, slot }: Pick<Connector, "name" | "slot">): KBrokerError {
  const message = `The connector "${name}" was deleted, and its replication slot "${slot}" is still to be removed.`;
  return new KBrokerError("connector_exists", message, {
    hint: `It is tried each minute; with "kbroker connector delete ${name} --keep-slot" the slot is given up.`,
  });
}

function invalid(message: string): KBrokerError {
  return new KBrokerError("invalid_request", message);
}
