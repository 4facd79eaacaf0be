import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type AdminRoute, type ParsedBody, type ParsedQuery, ROUTES, type RouteName } from "../api/routes.ts";
import { KBrokerError, type Problem } from "../domain/error.ts";
import { parsePayload } from "../domain/json.ts";
import { brokerHandlers } from "./broker-status.ts";
import { clusterHandlers } from "./cluster.ts";
import { connectorHandlers } from "./connectors.ts";
import { deadLetterHandlers } from "./dead-letters.ts";
import type { Forwarder } from "./forward.ts";
import type { Handlers } from "./handler.ts";
import { jobHandlers } from "./jobs.ts";
import { lagHandlers } from "./lag.ts";
import { messageHandlers } from "./messages.ts";
import { moveHandlers } from "./moves.ts";
import { nodeHandlers } from "./nodes.ts";
import { brokerToChange, brokerToLook, type PhaseHolder } from "./phase.ts";
import { redriveHandlers } from "./redrive.ts";
import { scheduledHandlers } from "./scheduled.ts";
import { schemaHandlers } from "./schemas.ts";
import { subscriptionHandlers } from "./subscriptions.ts";
import { topicHandlers } from "./topics.ts";
import { replyOfOwner } from "./where.ts";

const HANDLERS: Handlers = {
  ...topicHandlers,
  ...messageHandlers,
  ...schemaHandlers,
  ...scheduledHandlers,
  ...subscriptionHandlers,
  ...lagHandlers,
  ...deadLetterHandlers,
  ...moveHandlers,
  ...jobHandlers,
  ...redriveHandlers,
  ...connectorHandlers,
  ...brokerHandlers,
  ...nodeHandlers,
  ...clusterHandlers,
};

/** What a route that declares no query and no body takes: nothing (some clients send `{}`). */
const NOTHING = z.strictObject({}).optional();

export interface AdminContext {
  readonly phase: PhaseHolder;
  readonly version: string;
  readonly forwarder: Forwarder;
}

/** Registers every route of the table. */
export function adminRoutes(app: FastifyInstance, context: AdminContext): void {
  for (const name of Object.keys(ROUTES) as RouteName[]) register(app, context, name);
}

function register<N extends RouteName>(app: FastifyInstance, context: AdminContext, routeName: N): void {
  const { phase, version, forwarder } = context;
  const route: AdminRoute = ROUTES[routeName];
  const handle = HANDLERS[routeName];
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    // The table's schema for this very route gave the value; TypeScript cannot follow the route's name through the table.
    const body = parse(route.body, bodyOf(request), "body") as ParsedBody<N>;
    const query = parse(route.query, request.query, "query") as ParsedQuery<N>;
    const broker = route.method === "GET" ? brokerToLook(phase) : brokerToChange(phase);
    const name = nameOf(request.params);
    const elsewhere = await replyOfOwner(forwarder, { request, reply, asked: { route, broker, name, query } });
    if (elsewhere !== undefined) return elsewhere;
    const state = phase.current.kind === "ready" ? "ready" : "stopping";
    const answer = await handle({ broker, about: { version, state }, name, body, query });
    return reply.code(route.status).header("cache-control", "no-store").send(answer);
  };
  app.route({
    method: route.method,
    url: route.path,
    handler,
  });
}

/** The bytes of the body as a JSON value; none: `undefined`. */
function bodyOf({ body }: FastifyRequest): unknown {
  return body instanceof Uint8Array && body.length > 0 ? parsePayload(body) : undefined;
}

function nameOf(params: unknown): string {
  const named = z.object({ name: z.string() }).safeParse(params);
  return named.success ? named.data.name : "";
}

/** Fails with `invalid_request` and every problem. */
function parse(schema: z.ZodType = NOTHING, value: unknown, where: "body" | "query"): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(problemOf);
  throw new KBrokerError("invalid_request", wordsFor(problems, where), { problems });
}

/** A sentence of ours stands alone; the words of the schema library do not say what they speak of. */
function wordsFor([first, ...others]: readonly Problem[], where: "body" | "query"): string {
  const message = first?.message ?? "";
  return others.length === 0 && message.endsWith(".")
    ? message
    : `The ${where} is not right: ${[first?.pointer, message].filter(Boolean).join(" ")}`;
}

function problemOf({ path, message }: z.core.$ZodIssue): Problem {
  const names = path.map((name) => String(name).replaceAll("~", "~0").replaceAll("/", "~1"));
  return { pointer: names.map((name) => `/${name}`).join(""), message };
}
