import type { z } from "zod";
import { type BatchLineReply, batchLineReply, type PublishReply, publishReply } from "../api/message.ts";
import {
  type AdminRoute,
  ROUTES,
  type RouteBody,
  type RouteName,
  type RouteQuery,
  type RouteReply,
} from "../api/routes.ts";
import { type ScheduleReply, scheduleReply } from "../api/schedule.ts";
import { HEADER } from "../domain/headers.ts";
import { type PublishRequest, publishHeaders } from "./publish.ts";
import { readLines, readReply } from "./reply.ts";
import { type HttpReply, type HttpRequest, type Transport, transport } from "./transport.ts";

export interface AdminRequest<N extends RouteName> {
  /** Fills `:name` in the route's path. */
  readonly name?: string;
  readonly body?: RouteBody<N>;
  readonly query?: RouteQuery<N>;
}

/** Everything that the CLI asks of a broker. Each failure is a `KBrokerError`. */
export interface AdminClient {
  call<N extends RouteName>(route: N, request?: AdminRequest<N>): Promise<RouteReply<N>>;
  /** The payload goes out byte for byte. */
  publish(request: PublishRequest): Promise<PublishReply>;
  /** The same, published so many minutes from now. */
  schedule(request: PublishRequest & { readonly minutes: number }): Promise<ScheduleReply>;
  /** NDJSON, byte for byte; one result a line that is not blank. */
  publishBatch(topic: string, batch: Uint8Array): Promise<readonly BatchLineReply[]>;
  close(): Promise<void>;
}

/** The same table, said so that the reply's type follows from the route's name. */
const TYPED: { readonly [N in RouteName]: AdminRoute & { readonly reply: z.ZodType<RouteReply<N>> } } = ROUTES;

/** One that is worked out is asked for only when a request goes there: who only publishes needs no admin address. */
type Address = string | (() => Promise<string>);

export interface AdminClientOptions {
  readonly adminUrl: Address;
  readonly inboxUrl: Address;
  /** Sent as Bearer; never part of a message. */
  readonly token?: string | undefined;
  readonly connectTimeoutMs?: number;
  readonly answerTimeoutMs?: number;
}

export function adminClient({ adminUrl, inboxUrl, token, ...timeouts }: AdminClientOptions): AdminClient {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const open = new Map<string, Transport>();
  const send = async (url: string, request: HttpRequest): Promise<HttpReply> => {
    const line = open.get(url) ?? transport({ url, ...timeouts });
    open.set(url, line);
    return line.send({ ...request, headers: { ...request.headers, ...authorization } });
  };
  return {
    call: async <N extends RouteName>(route: N, request: AdminRequest<N> = {}) => {
      const url = await addressOf(adminUrl);
      return readReply(await send(url, adminRequest(TYPED[route], request)), TYPED[route].reply, url);
    },
    publish: async (request) => {
      const path = `/publish/${encodeURIComponent(request.topic)}`;
      const headers = publishHeaders(request);
      const url = await addressOf(inboxUrl);
      return readReply(await send(url, { method: "POST", path, headers, body: request.payload }), publishReply, url);
    },
    schedule: async ({ minutes, ...request }) => {
      const path = `/scheduled/${encodeURIComponent(request.topic)}`;
      const headers = { ...publishHeaders(request), [HEADER.scheduledMinutes]: String(minutes) };
      const url = await addressOf(inboxUrl);
      return readReply(await send(url, { method: "POST", path, headers, body: request.payload }), scheduleReply, url);
    },
    publishBatch: async (topic, body) => {
      const path = `/publish/${encodeURIComponent(topic)}/batch`;
      const headers = { "content-type": "application/x-ndjson" };
      const url = await addressOf(inboxUrl);
      return readLines(await send(url, { method: "POST", path, headers, body }), batchLineReply, url);
    },
    close: async () => {
      await Promise.all(Array.from(open.values(), (line) => line.close()));
    },
  };
}

async function addressOf(address: Address): Promise<string> {
  return typeof address === "string" ? address : address();
}

function adminRequest(route: AdminRoute, { name = "", body, query }: AdminRequest<RouteName>): HttpRequest {
  const path = `${route.path.replace(":name", encodeURIComponent(name))}${queryText(query)}`;
  if (body === undefined) return { method: route.method, path, headers: {} };
  const headers = { "content-type": "application/json" };
  return { method: route.method, path, headers, body: JSON.stringify(body) };
}

function queryText(query: Readonly<Record<string, unknown>> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length === 0
    ? ""
    : `?${new URLSearchParams(Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])))}`;
}
