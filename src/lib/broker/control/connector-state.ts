import type { Connector } from "../../domain/connector.ts";
import { connectorNamed } from "../lookup.ts";
import type { ConnectorView, RestartConnector } from "../requests/connectors.ts";
import { connectorView } from "./connector-view.ts";
import { againOnConflict, type Control } from "./control.ts";

/** Pauses or resumes; doing it twice is fine. Durable when it resolves. Resuming one that does not work makes its owner try at once. */
export async function setConnectorState(
  control: Control,
  name: string,
  state: Connector["state"],
): Promise<ConnectorView> {
  return changed(control, name, async (connector) => {
    if (state === "paused") return connector.state === "paused" ? connector : { ...connector, state };
    const goesOn = connector.state === "active" && !(await isStopped(control, connector));
    return goesOn ? connector : { ...connector, state, generation: connector.generation + 1 };
  });
}

/** Its owner opens anew. With a snapshot mode it begins from scratch: what is known of position and counts is thrown away. */
export async function restartConnector(
  control: Control,
  name: string,
  { snapshot }: RestartConnector,
): Promise<ConnectorView> {
  return changed(control, name, async (connector) => {
    const again = { ...connector, generation: connector.generation + 1 };
    return snapshot === undefined ? again : { ...again, snapshot, incarnation: connector.incarnation + 1 };
  });
}

/** It waits for somebody, or for its next try. */
async function isStopped(control: Control, connector: Connector): Promise<boolean> {
  const { report } = await connectorView(control, connector);
  return report?.status === "failed" || report?.status === "retrying";
}

/** One that is given back as it was is no change. */
async function changed(
  control: Control,
  name: string,
  change: (connector: Connector) => Promise<Connector>,
): Promise<ConnectorView> {
  const connector = await againOnConflict(async () => {
    const { version, value } = connectorNamed(control.view, name);
    const wanted = await change(value);
    if (wanted !== value) await control.engine.catalog.put("connector", name, wanted, version);
    return wanted;
  });
  return connectorView(control, connector);
}
