import type { FastifyReply, FastifyRequest } from "fastify";
import { Agent, type Dispatcher } from "undici";
import { KBrokerError, messageOf } from "../domain/error.ts";
import type { NodeInfo } from "../domain/node.ts";

/** Names the node that sent it on. Whoever sends it himself gains nothing: his request is only not sent on any more. */
export const FORWARDED_BY = "x-kb-forwarded-by";

/** A node that is there takes a connection at once. */
const CONNECT_MS_MAX = 2_000;
/** Longer than any call of an operator takes: a deletion waits for what is in flight. */
const ANSWER_MS_MAX = 60_000;
/** How often a node that does not answer yet is looked for among the nodes. */
const LOOK_MS = 250;
/** To each node. */
const CONNECTIONS_MAX = 32;

/** Of an answer, what says how to read it. The connection's own headers are each connection's. */
const PASSED_ON = ["content-type", "cache-control", "retry-after"];

export interface Forwarder {
  /**
   * Sends the request on to another node, and its answer back as it comes. Fails with `owner_unreachable` where that does not answer, or
   * `isThere` says that it is not among the nodes any more: one that hangs takes connections and answers nobody.
   */
  forward(request: FastifyRequest, to: NodeInfo, isThere: () => boolean): Promise<Forwarded>;
  close(): Promise<void>;
}

export interface Forwarded {
  readonly status: number;
  sendTo(reply: FastifyReply): FastifyReply;
  /** Nobody wants it. */
  drop(): Promise<void>;
}

/** `self`: how this node calls itself. */
export function openForwarder(self: () => string): Forwarder {
  let agent: Agent | undefined;

  return {
    async forward(request, node, isThere) {
      agent ??= new Agent({
        connect: { timeout: CONNECT_MS_MAX },
        connections: CONNECTIONS_MAX,
        headersTimeout: ANSWER_MS_MAX,
        bodyTimeout: ANSWER_MS_MAX,
      });
      if (node.url === null) throw unreachable(node, "it does not say where", "nothing");
      const gone = new AbortController();
      const looking = setInterval(() => {
        if (!isThere()) gone.abort(new Error("it is not among the nodes any more"));
      }, LOOK_MS);
      try {
        return forwarded(await agent.request({ ...requestTo(node.url, request, self()), signal: gone.signal }));
      } catch (error) {
        throw unreachable(node, messageOf(error), wasSent(error) && request.method !== "GET" ? "perhaps" : "nothing");
      } finally {
        clearInterval(looking);
      }
    },
    close: async () => agent?.destroy(),
  };
}

/** The guard has looked at Host and Origin here; the other node answers to the name under which it is known. */
function requestTo(origin: string, { method, url, headers, body }: FastifyRequest, self: string) {
  const { authorization } = headers;
  return {
    origin: new URL(origin).origin,
    // The table of routes has no others.
    method: method as Dispatcher.HttpMethod,
    path: url,
    headers: { [FORWARDED_BY]: self, ...(authorization !== undefined && { authorization }) },
    body: body instanceof Uint8Array && body.length > 0 ? body : null,
  };
}

function forwarded({ statusCode, headers, body }: Dispatcher.ResponseData): Forwarded {
  return {
    status: statusCode,
    sendTo(reply) {
      for (const name of PASSED_ON) {
        const value = headers[name];
        if (value !== undefined) reply.header(name, value);
      }
      return reply.code(statusCode).send(body);
    },
    drop: () => body.dump(),
  };
}

/** Whether the node may have had the request. */
function wasSent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return !["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"].includes(code);
}

function unreachable({ id, url }: NodeInfo, reason: string, done: "nothing" | "perhaps"): KBrokerError {
  const where = url === null ? "" : ` at ${url}`;
  const what = done === "nothing" ? "Nothing was changed." : "Whether it was done is not known.";
  return new KBrokerError(
    "owner_unreachable",
    `The node "${id}", which this is for, does not answer${where}: ${reason}. ${what}`,
    {
      hint:
        done === "nothing"
          ? "Send it again in a moment; another node takes over when that one is gone. See kbroker broker nodes."
          : "Look before you send it again. kbroker broker nodes says who owns what.",
      retryAfterS: 2,
    },
  );
}
