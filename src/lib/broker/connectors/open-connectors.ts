import type { BrokerDeps } from "../broker.ts";
import type { Connectors } from "./connectors.ts";

export type ConnectorsDeps = Pick<BrokerDeps, "engine" | "clock" | "observer" | "sources" | "random">;

/** Owns the connectors that the engine hands out. `engine.owners` is this part's own (`route-owners.ts`). */
export function openConnectors(_deps: ConnectorsDeps): Connectors {
  return { start: async () => {}, stop: async () => {}, idle: async () => {} };
}
