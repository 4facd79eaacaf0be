import { type Connector, type ConnectorTable, RETAINED_BYTES_WARN_DEFAULT } from "../../domain/connector.ts";
import type { ConnectorView, CreateConnector } from "../requests/connectors.ts";
import { checkSource, sourceWish } from "./connector-checks.ts";
import { openTopics } from "./connector-topics.ts";
import { connectorView } from "./connector-view.ts";
import { checkWarn, checkWish, connectorExists } from "./connector-wish.ts";
import { type Asking, allOrNothing, type Control, orOnConflict } from "./control.ts";

/**
 * Everything is looked at before anything is made: by the broker, then in the database, which takes its time and holds up nobody, and by
 * the broker once more, as others may have been faster. A crash in the middle leaves topics that the same command takes over.
 */
export async function createConnector(control: Asking, request: CreateConnector): Promise<ConnectorView> {
  const { name, retainedBytesWarn } = request;
  if (retainedBytesWarn !== undefined) checkWarn(retainedBytesWarn);
  checkWish(control, request);
  const id = control.newId();
  await checkSource(control, sourceWish(request, { name, id }));
  return control.change(async () => {
    const planned = checkWish(control, request);
    return allOrNothing(async (undo) => {
      const tables = await openTopics(control, planned, undo);
      const connector = newConnector(control, { request, id, tables });
      await orOnConflict(control.engine.catalog.put("connector", name, connector, 0), () =>
        connectorExists(name, connector),
      );
      return connectorView(control, connector);
    }, control);
  });
}

function newConnector(
  { clock }: Control,
  { request, id, tables }: { request: CreateConnector; id: string; tables: readonly ConnectorTable[] },
): Connector {
  const { name, product, database } = request;
  const { slot, publication, ownsPublication, snapshot } = sourceWish(request, { name, id });
  return {
    ...{ name, id, kind: "postgresql", product, database, tables, slot, publication, ownsPublication, snapshot },
    onOversize: request.onOversize ?? "stop",
    retainedBytesWarn: request.retainedBytesWarn ?? RETAINED_BYTES_WARN_DEFAULT,
    ...{ state: "active", generation: 0, incarnation: 0 },
    createdAtMs: clock.now(),
  };
}
