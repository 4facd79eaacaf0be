import type { NodeInfo } from "../../domain/node.ts";

/** Which part of the broker a call belongs to: what several documents hang on, one subscription, or one scheduled message. */
export type Part =
  | { readonly kind: "control" }
  | { readonly kind: "subscription"; readonly name: string }
  | { readonly kind: "schedule"; readonly topic: string; readonly id: string };

/** Where it is to be done. */
export type Place =
  | { readonly kind: "here" }
  | { readonly kind: "node"; readonly node: NodeInfo }
  /** No node owns it, or is to. */
  | { readonly kind: "nowhere" };
