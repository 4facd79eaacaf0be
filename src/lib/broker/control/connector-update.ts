import type { Connector, ConnectorTable, DatabaseAddress, TableName } from "../../domain/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import { nearest } from "../../domain/nearest.ts";
import { settingsOf } from "../connectors/settings.ts";
import { connectorNamed } from "../lookup.ts";
import type { UpdateConnector, UpdatedConnector } from "../requests/connectors.ts";
import type { Change } from "../requests/subscriptions.ts";
import { changesBetween, settingsOfConnector } from "./changes.ts";
import { checkSource } from "./connector-checks.ts";
import { openTopics, type PlannedTopic, planTopics, tableText } from "./connector-topics.ts";
import { describeConnector } from "./connector-view.ts";
import { checkDatabase, checkTableCount, checkWarn } from "./connector-wish.ts";
import { type Asking, againOnConflict, allOrNothing, type Control } from "./control.ts";

/** What a connector shall be; the topics of what is added are still to be made. */
interface Wanted {
  readonly connector: Connector;
  readonly added: readonly PlannedTopic[];
}

/**
 * Changes what is given; its owner opens anew. What concerns the database is checked there first, without holding up anybody. What is as
 * it was is no change; what is not possible changes nothing. Tables that are taken away leave their topics where they are.
 */
export async function updateConnector(
  control: Asking,
  name: string,
  request: UpdateConnector,
): Promise<UpdatedConnector> {
  if (request.retainedBytesWarn !== undefined) checkWarn(request.retainedBytesWarn);
  const { value: before } = connectorNamed(control.view, name);
  await checkInDatabase(control, before, wanted(control, before, request));
  return control.change(async () => {
    const changes = await againOnConflict(() => changed(control, name, request));
    return { ...(await describeConnector(control, name)), changes };
  });
}

async function changed(control: Control, name: string, request: UpdateConnector): Promise<readonly Change[]> {
  const { version, value: before } = connectorNamed(control.view, name);
  const { connector, added } = wanted(control, before, request);
  const names = [...connector.tables.map(tableText), ...added.map(({ table }) => tableText(table))];
  const changes = changesBetween(settingsOfConnector(before), {
    ...settingsOfConnector(connector),
    tables: names.join(","),
  });
  if (changes.length === 0) return changes;
  return allOrNothing(async (undo) => {
    const tables = [...connector.tables, ...(await openTopics(control, added, undo))];
    const after = { ...connector, tables, generation: before.generation + 1 };
    await control.engine.catalog.put("connector", name, after, version);
    return changes;
  }, control);
}

function wanted(control: Control, before: Connector, request: UpdateConnector): Wanted {
  const { onOversize = before.onOversize, retainedBytesWarn = before.retainedBytesWarn } = request;
  const { addTables = [], removeTables = [] } = request;
  const database = databaseOf(before.database, request);
  checkDatabase(database);
  checkRemoved(before, request);
  const tables = before.tables.filter((table) => !isAmong(removeTables, table));
  const fresh = addTables.filter((table) => !isAmong(before.tables, table));
  checkStays(before, tables.length + fresh.length);
  checkTableCount(tables.length + fresh.length);
  return {
    connector: { ...before, database, tables, onOversize, retainedBytesWarn },
    added: planTopics(control, before, fresh),
  };
}

function databaseOf(before: DatabaseAddress, request: UpdateConnector): DatabaseAddress {
  const { host = before.host, port = before.port, user = before.user, tls = before.tls } = request;
  const password = request.password === undefined ? before.password : (request.password ?? undefined);
  return { host, port, database: before.database, user, tls, ...(password !== undefined && { password }) };
}

/** Another way into the database is tried with every table, otherwise only what is added is looked at. */
async function checkInDatabase(control: Asking, before: Connector, { connector, added }: Wanted): Promise<void> {
  const isElsewhere = JSON.stringify(connector.database) !== JSON.stringify(databaseOf(before.database, {}));
  if (!isElsewhere && added.length === 0) return;
  const kept = isElsewhere ? connector.tables : [];
  const tables = [...kept, ...added.map(({ table }) => table)].map(({ schema, table }) => ({ schema, table }));
  const { report } = await describeConnector(control, before.name);
  const hasSlot = report !== null && report.checkpoint !== null;
  await checkSource(control, { ...settingsOf(connector), tables, hasSlot });
}

function checkRemoved({ name, tables }: Connector, { addTables = [], removeTables = [] }: UpdateConnector): void {
  const both = addTables.find((table) => isAmong(removeTables, table));
  if (both !== undefined) throw invalid(`The table "${tableText(both)}" is to be added and to be removed.`);
  const unknown = removeTables.find((table) => !isAmong(tables, table));
  if (unknown === undefined) return;
  const near = nearest(tableText(unknown), tables.map(tableText));
  const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw invalid(
    `The connector "${name}" does not capture "${tableText(unknown)}".${meant}`,
    `kbroker connector describe ${name}`,
  );
}

function checkStays({ name }: Connector, count: number): void {
  if (count > 0) return;
  throw invalid("That would leave the connector without a table.", `kbroker connector delete ${name}`);
}

function isAmong(tables: readonly (TableName | ConnectorTable)[], { schema, table }: TableName): boolean {
  return tables.some((one) => one.schema === schema && one.table === table);
}

function invalid(message: string, hint?: string): KBrokerError {
  return new KBrokerError("invalid_request", message, { hint });
}
