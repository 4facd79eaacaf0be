import { type Connector, connectorResource } from "../../domain/connector.ts";
import { isConnectorReport } from "../../domain/documents.ts";
import { connectorNamed } from "../lookup.ts";
import type { ConnectorView } from "../requests/connectors.ts";
import type { Control } from "./control.ts";

type Looking = Pick<Control, "engine" | "view">;

export async function listConnectors(control: Looking): Promise<readonly ConnectorView[]> {
  return Promise.all(control.view.connectors().map((connector) => connectorView(control, connector)));
}

export async function describeConnector(control: Looking, name: string): Promise<ConnectorView> {
  return connectorView(control, connectorNamed(control.view, name).value);
}

/** What was told of an earlier beginning says nothing of this one; a report in an unknown form is not guessed at. */
export async function connectorView({ engine }: Looking, connector: Connector): Promise<ConnectorView> {
  const told = await engine.reports.read(connectorResource(connector));
  const isOwn = isConnectorReport(told?.value) && told.value.incarnation === connector.incarnation;
  return isOwn ? { connector, report: told.value, asOfMs: told.atMs } : { connector, report: null, asOfMs: null };
}
