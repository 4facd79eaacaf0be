import type { FastifyReply, FastifyRequest } from "fastify";
import type { AdminRoute } from "../api/routes.ts";
import type { Broker } from "../broker/broker.ts";
import type { Part } from "../broker/requests/place.ts";
import { KBrokerError } from "../domain/error.ts";
import { FORWARDED_BY, type Forwarded, type Forwarder } from "./forward.ts";

/** A node that is not the owner (any more), or is on its way: as good as unreachable. */
const NOT_ANSWERED = 503;

export interface Asked {
  readonly route: AdminRoute;
  readonly broker: Broker;
  /** The resource's name out of the path. */
  readonly name: string;
  readonly query: unknown;
}

/**
 * The reply of the node that the call is for; `undefined` where that is this one. A call goes over the wire once: who is sent one that is
 * not his says so. What only looks, and what hangs on one document, is done here where its owner does not answer.
 */
export async function replyOfOwner(
  forwarder: Forwarder,
  { request, reply, asked }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly asked: Asked },
): Promise<FastifyReply | undefined> {
  const { route, broker } = asked;
  if (route.runs === "at-once") return undefined;
  // Any node answers with what any other has acknowledged.
  await broker.caughtUp();
  const part = partOf(asked);
  if (part === undefined) return undefined;
  const place = broker.placeOf(part);
  if (place.kind === "here") return undefined;
  const mayBeHere = route.method === "GET" || route.runs === "owner-or-here";
  const isForwarded = request.headers[FORWARDED_BY] !== undefined;
  if (place.kind === "nowhere" || isForwarded) {
    if (mayBeHere && !isForwarded) return undefined;
    throw notMine();
  }
  const { node } = place;
  const isThere = () => broker.nodes().some(({ id, sinceMs }) => id === node.id && sinceMs === node.sinceMs);
  const forwarded = await orUndefined(forwarder.forward(request, node, isThere), mayBeHere);
  if (forwarded === undefined) return undefined;
  if (!mayBeHere || forwarded.status !== NOT_ANSWERED) return forwarded.sendTo(reply);
  await forwarded.drop();
  return undefined;
}

function partOf({ route, name, query }: Asked): Part | undefined {
  if (route.runs === undefined || route.runs === "at-once") return undefined;
  if (route.runs === "control") return { kind: "control" };
  if (route.runs !== "schedule") return { kind: "subscription", name };
  const id = typeof query === "object" && query !== null && "id" in query ? String(query.id) : "";
  return { kind: "schedule", topic: name, id };
}

async function orUndefined(forwarded: Promise<Forwarded>, mayFail: boolean): Promise<Forwarded | undefined> {
  try {
    return await forwarded;
  } catch (error) {
    if (mayFail && error instanceof KBrokerError && error.code === "owner_unreachable") return undefined;
    throw error;
  }
}

function notMine(): KBrokerError {
  return new KBrokerError("owner_unreachable", "No node is there that owns what this is for. Nothing was changed.", {
    hint: "Send it again in a moment; kbroker broker nodes says who owns what.",
    retryAfterS: 1,
  });
}
