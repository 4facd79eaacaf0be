import type { SourceTable } from "../../connectors/port.ts";
import type { Connector, DatabaseAddress } from "../../domain/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import type {
  ConnectorChecked,
  ConnectorView,
  ConnectorWish,
  CreateConnector,
  DeleteConnector,
  DeletedConnector,
  RestartConnector,
  UpdateConnector,
  UpdatedConnector,
} from "../requests/connectors.ts";
import type { Control } from "./control.ts";

const seam = () => new KBrokerError("internal", "Not wired yet.");

export async function createConnector(_control: Control, _request: CreateConnector): Promise<ConnectorView> {
  throw seam();
}
export async function listConnectors(_control: Control): Promise<readonly ConnectorView[]> {
  throw seam();
}
export async function describeConnector(_control: Control, _name: string): Promise<ConnectorView> {
  throw seam();
}
export async function setConnectorState(
  _control: Control,
  _name: string,
  _state: Connector["state"],
): Promise<ConnectorView> {
  throw seam();
}
export async function restartConnector(
  _control: Control,
  _name: string,
  _request: RestartConnector,
): Promise<ConnectorView> {
  throw seam();
}
export async function updateConnector(
  _control: Control,
  _name: string,
  _request: UpdateConnector,
): Promise<UpdatedConnector> {
  throw seam();
}
export async function deleteConnector(
  _control: Control,
  _name: string,
  _request: DeleteConnector,
): Promise<DeletedConnector> {
  throw seam();
}
export async function checkConnector(_control: Control, _wish: ConnectorWish): Promise<ConnectorChecked> {
  throw seam();
}
export async function connectorTables(_control: Control, _database: DatabaseAddress): Promise<readonly SourceTable[]> {
  throw seam();
}
