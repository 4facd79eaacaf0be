import type { SourceSettings } from "../connectors/port.ts";
import type { Connector } from "../domain/connector.ts";

/** What a source is told of a connector; it knows nothing of topics. */
export function sourceSettings(connector: Connector): SourceSettings {
  const { database, slot, publication, ownsPublication, snapshot } = connector;
  const tables = connector.tables.map(({ schema, table }) => ({ schema, table }));
  return { database, tables, slot, publication, ownsPublication, snapshot };
}
