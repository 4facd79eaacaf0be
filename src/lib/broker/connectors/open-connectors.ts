import type { Connector } from "../../domain/connector.ts";
import { connectorResource } from "../../domain/connector.ts";
import { isConnector } from "../../domain/documents.ts";
import { messageOf } from "../../domain/error.ts";
import type { CatalogDocument, Ownership } from "../../engine/port.ts";
import type { BrokerDeps } from "../broker.ts";
import { activity } from "../delivery/activity.ts";
import type { Connectors } from "./connectors.ts";
import { ConnectorHold } from "./hold.ts";
import type { ConnectorHoldDeps } from "./hold-deps.ts";
import { type ConnectorLimits, LIMITS } from "./limits.ts";

export interface ConnectorsDeps extends Pick<BrokerDeps, "engine" | "clock" | "observer" | "sources" | "random"> {
  readonly limits?: Partial<ConnectorLimits>;
}

/** Owns the connectors that the engine hands out. `engine.owners` is this part's own (`route-owners.ts`). */
export function openConnectors(deps: ConnectorsDeps): Connectors {
  return new OwnedConnectors(deps);
}

class OwnedConnectors implements Connectors {
  readonly #deps: ConnectorHoldDeps;
  readonly #stopping = new AbortController();
  /** What the catalog says, by name. */
  readonly #known = new Map<string, Connector>();
  /** By resource. */
  readonly #holds = new Map<string, ConnectorHold>();
  #unwatch = () => {};

  constructor({ limits, ...deps }: ConnectorsDeps) {
    this.#deps = { ...deps, limits: { ...LIMITS, ...limits }, activity: activity() };
    deps.engine.owners.handle({
      acquired: async (ownership) => this.#acquired(ownership),
      released: (ownership) => this.#released(ownership),
      lost: (ownership) => this.#lost(ownership),
    });
  }

  async start(): Promise<void> {
    const { engine } = this.#deps;
    const heard = new Set<string>();
    this.#unwatch = engine.catalog.watch(({ kind, name, document }) => {
      if (kind !== "connector") return;
      heard.add(name);
      void this.#learn(name, document);
    });
    const documents = await engine.catalog.list("connector");
    const news = documents.filter(({ name }) => !heard.has(name));
    await Promise.all(news.map((document) => this.#learn(document.name, document)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unwatch();
    await Promise.all(Array.from(this.#holds.values(), (hold) => hold.release()));
  }

  idle(): Promise<void> {
    return this.#deps.activity.quiet();
  }

  /** What is known changes at once; owning follows. */
  async #learn(name: string, document: CatalogDocument | undefined): Promise<void> {
    const value = document?.value;
    if (value !== undefined && !isConnector(value)) {
      const fields = { connector: name };
      const text = "A connector has a form that this version does not know; it is left alone.";
      return this.#deps.observer.log("error", text, fields);
    }
    const connector = value?.deletion === undefined ? value : undefined;
    const before = this.#known.get(name);
    if (connector === undefined) this.#known.delete(name);
    else {
      this.#known.set(name, connector);
      this.#holds.get(connectorResource(connector))?.update(connector);
    }
    if (before?.id === connector?.id) return;
    const { activity } = this.#deps;
    if (before !== undefined) await activity.during(this.#unwant(before));
    if (connector !== undefined) await activity.during(this.#want(connector));
  }

  async #want(connector: Connector): Promise<void> {
    const { engine, clock, observer, limits, activity } = this.#deps;
    const { name, id } = connector;
    const isWanted = () => this.#known.get(name)?.id === id && !this.#stopping.signal.aborted;
    while (isWanted()) {
      try {
        return await engine.owners.want(connectorResource(connector));
      } catch (error) {
        const fields = { connector: name, error: messageOf(error) };
        observer.log("error", "The connector cannot be owned yet; it is asked for again later.", fields);
        await activity.outside(clock.after(limits.retryMs, this.#stopping.signal));
      }
    }
  }

  async #unwant(connector: Connector): Promise<void> {
    const { engine, observer } = this.#deps;
    try {
      await engine.owners.unwant(connectorResource(connector));
    } catch (error) {
      const fields = { connector: connector.name, error: messageOf(error) };
      observer.log("error", "A connector that is gone could not be let go of.", fields);
    }
  }

  #acquired(ownership: Ownership): void {
    const connector = [...this.#known.values()].find((known) => connectorResource(known) === ownership.resource);
    if (connector === undefined || this.#stopping.signal.aborted) return;
    this.#holds.set(ownership.resource, new ConnectorHold(this.#deps, ownership, connector));
  }

  async #released({ resource }: Ownership): Promise<void> {
    const hold = this.#holds.get(resource);
    await hold?.release();
    if (this.#holds.get(resource) === hold) this.#holds.delete(resource);
  }

  #lost({ resource, epoch }: Ownership): void {
    const hold = this.#holds.get(resource);
    if (hold?.epoch !== epoch) return;
    hold.lose();
    this.#holds.delete(resource);
  }
}
