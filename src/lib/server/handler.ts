import type { ParsedBody, ParsedQuery, RouteName, RouteReply } from "../api/routes.ts";
import type { Broker } from "../broker/broker.ts";

/** One admin call, parsed. */
export interface Call<N extends RouteName> {
  readonly broker: Broker;
  readonly about: About;
  /** The resource's name out of the path; empty where the path has none. */
  readonly name: string;
  readonly body: ParsedBody<N>;
  readonly query: ParsedQuery<N>;
}

/** What the server knows of itself. */
export interface About {
  readonly version: string;
  readonly state: "ready" | "stopping";
}

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<RouteReply<N>>;
/** One for each route of the table: a missing one does not type-check. */
export type Handlers = { readonly [N in RouteName]: Handler<N> };
/** What the file of one resource gives. */
export type Some<N extends RouteName> = Pick<Handlers, N>;

export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

export function instantOrNull(ms: number | null): string | null {
  return ms === null ? null : instant(ms);
}
