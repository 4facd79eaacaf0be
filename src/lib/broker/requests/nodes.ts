import type { NodeInfo } from "../../domain/node.ts";

export interface NodeView extends Omit<NodeInfo, "holds"> {
  readonly owns: readonly OwnedThing[];
}

/** `control`: the changes that concern several documents, and what runs once a minute. `schedules`: a part of what is published later. */
export interface OwnedThing {
  readonly kind: "control" | "subscription" | "connector" | "schedules";
  readonly name: string;
  readonly sinceMs: number;
}
