import type { ConnectorReply } from "../api/connector.ts";
import type { ConnectorView, ConnectorWish } from "../broker/requests/connectors.ts";
import type { SourceTable } from "../connectors/port.ts";
import type { DatabaseAddress } from "../domain/connector.ts";
import type { ConnectorReport } from "../domain/connector-report.ts";
import { type Call, instant, type Some } from "./handler.ts";

export const connectorHandlers: Some<
  | "connectorCreate"
  | "connectorList"
  | "connectorDescribe"
  | "connectorUpdate"
  | "connectorDelete"
  | "connectorPause"
  | "connectorResume"
  | "connectorRestart"
  | "connectorCheck"
  | "connectorTables"
> = {
  connectorCreate: async ({ broker, body }) => {
    const { onOversize, retainedBytesWarn } = body;
    const view = await broker.createConnector({
      ...wishOf(body),
      ...(onOversize !== undefined && { onOversize }),
      ...(retainedBytesWarn !== undefined && { retainedBytesWarn }),
    });
    return connectorReply(view);
  },
  connectorList: async ({ broker }) => ({ items: (await broker.listConnectors()).map(connectorReply) }),
  connectorDescribe: async ({ broker, name }) => connectorReply(await broker.describeConnector(name)),
  connectorUpdate: async ({ broker, name, body }) => {
    const { changes, ...view } = await broker.updateConnector(name, given(body));
    return { ...connectorReply(view), changes: [...changes] };
  },
  connectorDelete: async ({ broker, name, query }) => {
    const { topics, ...deleted } = await broker.deleteConnector(name, query);
    return { ...deleted, topics: [...topics] };
  },
  connectorPause: async ({ broker, name }) => connectorReply(await broker.pauseConnector(name)),
  connectorResume: async ({ broker, name }) => connectorReply(await broker.resumeConnector(name)),
  connectorRestart: async ({ broker, name, body }) => {
    const { snapshot } = body;
    return connectorReply(await broker.restartConnector(name, { ...(snapshot !== undefined && { snapshot }) }));
  },
  connectorCheck: async ({ broker, body }) => {
    const { checks, topics } = await broker.checkConnector(wishOf(body));
    const ok = checks.every(({ result }) => result !== "error");
    return { ok, checks: checks.map((check) => ({ ...check })), topics: [...topics] };
  },
  connectorTables: async ({ broker, body }) => ({
    items: (await broker.connectorTables(databaseOf(body.database))).map(tableReply),
  }),
};

function wishOf({
  name,
  product,
  database,
  tables,
  snapshot,
  publication,
}: Call<"connectorCheck">["body"]): ConnectorWish {
  const wish = { name, product, database: databaseOf(database), tables, snapshot };
  return { ...wish, ...(publication !== undefined && { publication }) };
}

function databaseOf({ password, ...database }: Call<"connectorTables">["body"]["database"]): DatabaseAddress {
  return { ...database, ...(password !== undefined && { password }) };
}

/** Without what was not given. */
function given<T extends object>(body: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(body).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function tableReply({ schema, table, key, rowsExpected, problem }: SourceTable) {
  return { name: `${schema}.${table}`, schema, table, key: [...key], rowsExpected, problem };
}

function connectorReply({ connector, report, asOfMs }: ConnectorView): ConnectorReply {
  const { name, id, kind, product, database, slot, publication, ownsPublication, snapshot, onOversize } = connector;
  return {
    ...{ name, id, kind, product, slot, publication, ownsPublication, snapshot, onOversize },
    ...{ database: { ...database }, retainedBytesWarn: connector.retainedBytesWarn, state: connector.state },
    tables: connector.tables.map(({ schema, table, topic }) => ({ schema, table, topic })),
    ...told(report, asOfMs),
    createdAt: instant(connector.createdAtMs),
  };
}

const NOTHING = {
  ...{ status: "unknown" as const, since: null, fault: null, warnings: [], retryAt: null, position: null },
  ...{ snapshotProgress: null, changes: 0, duplicates: 0, oversize: 0, lastChangeAt: null },
  ...{ lagBytes: null, lagMs: null, retainedBytes: null, measuredAt: null, asOf: null },
};

function told(report: ConnectorReport | null, asOfMs: number | null) {
  if (report === null) return NOTHING;
  const { status, fault, warnings, position, counts, lag, retainedBytes } = report;
  return {
    ...{ status, fault, warnings: [...warnings], position, retainedBytes },
    ...{ since: instant(report.sinceMs), retryAt: maybe(report.retryAtMs), lastChangeAt: maybe(report.lastChangeAtMs) },
    snapshotProgress: report.snapshot?.tables.map((table) => ({ ...table })) ?? null,
    ...counts,
    ...{ lagBytes: lag?.bytes ?? null, lagMs: lag?.ms ?? null },
    ...{ measuredAt: maybe(report.measuredAtMs), asOf: maybe(asOfMs) },
  };
}

function maybe(timeMs: number | null): string | null {
  return timeMs === null ? null : instant(timeMs);
}
