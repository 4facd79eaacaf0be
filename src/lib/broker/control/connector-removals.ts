import { SourceError } from "../../connectors/port.ts";
import { type Connector, connectorResource } from "../../domain/connector.ts";
import { KBrokerError, messageOf } from "../../domain/error.ts";
import type { BrokerDeps } from "../broker.ts";
import type { CatalogView, Versioned } from "../catalog-view.ts";
import { settingsOf } from "../connectors/settings.ts";
import { letGo } from "./let-go.ts";

/** How often what could not be removed is tried again. */
export const REMOVAL_PERIOD_MS = 60_000;
/** Databases that are asked at the same time. */
const AT_ONCE_MAX = 8;

/**
 * Removes what belongs to connectors that were marked as deleted. Apart from all other changes: a database that cannot be reached takes
 * its time to say so, and must not hold up the catalog.
 */
export interface ConnectorRemovals {
  /** Tries it now. Resolves with `null` once everything is gone, else with what is in the way. Never rejects. */
  remove(connectorId: string): Promise<string | null>;
  /** Tries each that is marked. */
  pass(): Promise<void>;
  /** What was in the way last; `null`: nothing, or nobody has tried since the start. */
  reason(connectorId: string): string | null;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

export interface RemovalDeps extends Pick<BrokerDeps, "engine" | "clock" | "sources" | "observer"> {
  readonly view: CatalogView;
  /** Waits for no database any more, and touches the engine no more. */
  readonly signal: AbortSignal;
}

export function connectorRemovals(deps: RemovalDeps): ConnectorRemovals {
  /** By connector; each waits for the one before, which may have been told to do less. */
  const running = new Map<string, Promise<string | null>>();
  const reasons = new Map<string, string>();

  async function attempt(id: string): Promise<string | null> {
    const marked = markedOf(deps).find(({ value }) => value.id === id);
    try {
      if (marked !== undefined) await removeConnector(deps, marked);
      reasons.delete(id);
      return null;
    } catch (error) {
      const reason = reasonOf(error);
      reasons.set(id, reason);
      if (marked !== undefined && !deps.signal.aborted) tell(deps, marked.value, error);
      return reason;
    }
  }

  async function remove(id: string): Promise<string | null> {
    const mine = (running.get(id) ?? Promise.resolve()).then(() => attempt(id));
    running.set(id, mine);
    const reason = await mine;
    if (running.get(id) === mine) running.delete(id);
    return reason;
  }

  return {
    remove,
    async pass() {
      const ids = markedOf(deps).map(({ value }) => value.id);
      for (let at = 0; at < ids.length; at += AT_ONCE_MAX) {
        if (deps.signal.aborted) return;
        await Promise.all(ids.slice(at, at + AT_ONCE_MAX).map(remove));
      }
    },
    reason: (id) => reasons.get(id) ?? null,
    idle: async () => void (await Promise.all(running.values())),
  };
}

function markedOf({ view }: RemovalDeps): readonly Versioned<Connector>[] {
  return view.connectorDocuments().filter(({ value }) => value.deletion !== undefined);
}

/** Every step may be done twice; the document is last. */
async function removeConnector(deps: RemovalDeps, { value: connector, version }: Versioned<Connector>): Promise<void> {
  const { engine, sources, signal } = deps;
  const resource = connectorResource(connector);
  await letGo(deps, resource);
  if (signal.aborted) throw new KBrokerError("broker_stopping", "The broker is stopping.");
  if (connector.deletion?.keepSlot !== true) {
    await unlessAborted(sources[connector.kind].remove(settingsOf(connector)), signal);
  }
  await engine.cursors.forget(resource);
  await engine.catalog.delete("connector", connector.name, version);
}

/** What was begun in the database goes on there by itself; doing it again is fine. */
async function unlessAborted(act: Promise<void>, signal: AbortSignal): Promise<void> {
  let wake = () => {};
  const aborted = new Promise<void>((resolve) => {
    wake = resolve;
  });
  signal.addEventListener("abort", wake, { once: true });
  await Promise.race([act, aborted]).finally(() => signal.removeEventListener("abort", wake));
  if (signal.aborted) throw new KBrokerError("broker_stopping", "The broker is stopping.");
}

/** What is unknown stays in the log. */
function reasonOf(error: unknown): string {
  if (error instanceof SourceError) return error.fault.message;
  return error instanceof KBrokerError ? error.message : "Something failed inside the broker; its log says what.";
}

function tell({ observer }: RemovalDeps, { name, slot, database }: Connector, error: unknown): void {
  const where = { connector: name, slot, database: `${database.database} at ${database.host}:${database.port}` };
  observer.log("error", "What a deleted connector has left in its database is not removed yet; it is tried again.", {
    ...{ ...where, error: messageOf(error) },
    hint: `To give the slot up: kbroker connector delete ${name} --keep-slot`,
  });
}
