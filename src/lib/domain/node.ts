/** What a node does: take messages from publishers, push them, answer operators. */
export const ROLES = ["inbox", "outbox", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** How a node calls itself when it joins the others. */
export interface NodeName {
  /** Told from every other node by this. */
  readonly id: string;
  /** Where the other nodes reach it; `null`: it did not say. */
  readonly url: string | null;
  readonly roles: readonly Role[];
}

export interface Holding {
  readonly resource: string;
  /** Of the ownership that it has. */
  readonly epoch: number;
  /** Wall time. */
  readonly sinceMs: number;
}

export interface NodeInfo extends NodeName {
  /** Wall time since when it is among the nodes. */
  readonly sinceMs: number;
  readonly isSelf: boolean;
  /** What it owns, ascending by resource. */
  readonly holds: readonly Holding[];
}

/** The one node of a storage that only one process works on. */
export const LOCAL_NODE: NodeName = { id: "local", url: null, roles: ROLES };

/** What is known of the nodes where there is only one: it owns, or is to own, everything. */
export function loneNode(name: NodeName, sinceMs: number, holds: () => readonly Holding[]) {
  const self = (): NodeInfo => ({ ...name, sinceMs, isSelf: true, holds: holds() });
  return { list: (): readonly NodeInfo[] => [self()], ownerOf: (_resource: string): NodeInfo | undefined => self() };
}
