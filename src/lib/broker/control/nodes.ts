import { CONNECTORS_PREFIX, connectorResource } from "../../domain/connector.ts";
import type { Holding, NodeInfo } from "../../domain/node.ts";
import { SCHEDULES_PREFIX } from "../../engine/port.ts";
import type { NodeView, OwnedThing } from "../requests/nodes.ts";
import type { Control } from "./control.ts";
import { CONTROL_RESOURCE } from "./duty.ts";

type Looking = Pick<Control, "engine" | "view">;

/** Who works on this storage, and who owns what, by names that people know. */
export function listNodes({ engine, view }: Looking): readonly NodeView[] {
  const subscriptions = new Map(view.subscriptionDocuments().map(({ value: { id, name } }) => [id, name]));
  const connectors = new Map(view.connectorDocuments().map(({ value }) => [connectorResource(value), value.name]));
  const thing = (holding: Holding): OwnedThing => ({
    ...named(holding, { subscriptions, connectors }),
    sinceMs: holding.sinceMs,
  });
  return engine.nodes.list().map((node: NodeInfo) => ({ ...node, owns: node.holds.map(thing).sort(byKind) }));
}

interface Names {
  readonly subscriptions: ReadonlyMap<string, string>;
  readonly connectors: ReadonlyMap<string, string>;
}

/** What is deleted at this moment has its id for a name. */
function named({ resource }: Holding, { subscriptions, connectors }: Names): Pick<OwnedThing, "kind" | "name"> {
  if (resource === CONTROL_RESOURCE) return { kind: "control", name: resource };
  if (resource.startsWith(SCHEDULES_PREFIX))
    return { kind: "schedules", name: resource.slice(SCHEDULES_PREFIX.length) };
  if (resource.startsWith(CONNECTORS_PREFIX)) return { kind: "connector", name: connectors.get(resource) ?? resource };
  return { kind: "subscription", name: subscriptions.get(resource) ?? resource };
}

function byKind(a: OwnedThing, b: OwnedThing): number {
  const key = ({ kind, name }: OwnedThing) => `${kind} ${name}`;
  return key(a) < key(b) ? -1 : 1;
}
