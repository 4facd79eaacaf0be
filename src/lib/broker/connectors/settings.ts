import type { SourceSettings } from "../../connectors/port.ts";
import type { Connector } from "../../domain/connector.ts";

/** What a source is asked with. */
export function settingsOf(connector: Connector): SourceSettings {
  const { database, slot, publication, ownsPublication, snapshot } = connector;
  const tables = connector.tables.map(({ schema, table }) => ({ schema, table }));
  return { database, tables, slot, publication, ownsPublication, snapshot };
}
