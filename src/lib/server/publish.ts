import type { FastifyInstance } from "fastify";
import { messageHeaders } from "./message-headers.ts";
import { brokerToChange, type PhaseHolder } from "./phase.ts";

const NO_BODY = new Uint8Array();

interface PublishRoute {
  readonly Params: { readonly topic: string };
  readonly Body: Uint8Array | undefined;
}

/** The hot path: no schema, no intermediate object; what is wrong with the request is found by who keeps the rule. */
export function publishRoute(app: FastifyInstance, phase: PhaseHolder): void {
  app.post<PublishRoute>("/publish/:topic", async ({ raw, params, body: payload = NO_BODY }, reply) => {
    const { id, key, attributes } = messageHeaders(raw.rawHeaders);
    const given = { ...(id !== undefined && { id }), ...(key !== undefined && { key }) };
    const published = await brokerToChange(phase).publish({ topic: params.topic, attributes, payload, ...given });
    reply.header("content-type", "application/json; charset=utf-8");
    return `{"id":"${published.id}","topic":"${published.topic}","publishTime":"${new Date(published.publishTimeMs).toISOString()}","duplicate":${published.duplicate}}`;
  });
}
