import { SourceError } from "../../connectors/port.ts";
import type { Connector } from "../../domain/connector.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Versioned } from "../catalog-view.ts";
import { settingsOf } from "../connectors/settings.ts";
import { connectorNamed } from "../lookup.ts";
import type { DeleteConnector, DeletedConnector } from "../requests/connectors.ts";
import { type Asking, againOnConflict, type Control } from "./control.ts";

/**
 * The mark decides, as with everything that is deleted; what is in the database is removed after it. So whether the database can be
 * reached is asked before, by a dry run too. One whose deletion is still pending can be deleted again: at once, or with the slot given up.
 */
export async function deleteConnector(
  control: Asking,
  name: string,
  options: DeleteConnector,
): Promise<DeletedConnector> {
  const { value: connector } = documentNamed(control, name);
  const deleted = deletedView(connector, options);
  const isPending = connector.deletion !== undefined;
  if (!options.keepSlot && !isPending) await checkReachable(control, connector);
  if (options.dryRun) return { ...deleted, pending: control.removals.reason(connector.id) };
  await control.change(() => mark(control, connector, options));
  return { ...deleted, pending: await control.removals.remove(connector.id) };
}

async function mark(control: Control, { name, id }: Connector, { keepSlot }: DeleteConnector): Promise<void> {
  await againOnConflict(async () => {
    const found = control.view.connectorDocuments().find(({ value }) => value.id === id);
    // Somebody else has deleted it to the end meanwhile.
    if (found === undefined || found.value.deletion?.keepSlot === keepSlot) return;
    const deletion = { atMs: found.value.deletion?.atMs ?? control.clock.now(), purgeErrors: false, keepSlot };
    await control.engine.catalog.put("connector", name, { ...found.value, deletion }, found.version);
  });
}

/** Marked as deleted or not. */
function documentNamed({ view }: Control, name: string): Versioned<Connector> {
  const found = view.connectorDocuments().find(({ value }) => value.name === name);
  return found ?? connectorNamed(view, name);
}

function deletedView(connector: Connector, { keepSlot }: DeleteConnector): Omit<DeletedConnector, "pending"> {
  const { name, id, slot, publication, ownsPublication, tables } = connector;
  const kept = { slotKept: keepSlot, publicationKept: keepSlot || !ownsPublication };
  return { name, id, slot, publication, ...kept, topics: tables.map(({ topic }) => topic) };
}

/** A slot that is not there any more, and the like, is no reason to keep the connector. */
async function checkReachable({ sources }: Control, connector: Connector): Promise<void> {
  try {
    await sources[connector.kind].measure(settingsOf(connector));
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (!error.passes) return;
    const message = `The slot "${connector.slot}" cannot be removed: ${error.fault.message} Nothing was deleted.`;
    throw new KBrokerError("source_failed", message, {
      hint: `kbroker connector delete ${connector.name} --keep-slot`,
      cause: error,
    });
  }
}
