import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { type ErrorReply, errorReply } from "../../../src/lib/api/error.ts";
import type { Broker } from "../../../src/lib/broker/broker.ts";
import type { PublishRequest } from "../../../src/lib/broker/requests/publish.ts";
import { LIMITS } from "../../../src/lib/server/limits.ts";
import { openMetrics } from "../../../src/lib/server/metrics.ts";
import { openServer, type Server, type ServerOptions } from "../../../src/lib/server/server.ts";

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Running extends Server {
  readonly published: PublishRequest[];
  readonly logged: Logged[];
  readonly port: number;
}

/** A server on a free port of 127.0.0.1 with a hand-made broker that takes every message; ready, closed after the test. */
export async function startServer(
  broker: Partial<Broker> = {},
  options: Partial<ServerOptions> = {},
): Promise<Running> {
  const published: PublishRequest[] = [];
  const logged: Logged[] = [];
  const server = await openServer({
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    metrics: openMetrics(),
    log: (level, message, fields = {}) => logged.push({ level, message, fields }),
    newId: () => "r-1",
    version: "1.2.3",
    limits: LIMITS,
    ...options,
  });
  onTestFinished(() => server.close());
  server.serve(brokerWith({ publish: async (request) => take(published, request), ...broker }));
  return Object.assign(server, { published, logged, port: Number(new URL(server.url).port) });
}

/** A broker that has only the use cases given; another one called is a fault of the server. */
export function brokerWith(some: Partial<Broker>): Broker {
  const never = (): never => {
    throw new Error("This use case was not to be called.");
  };
  return {
    ...{
      publish: never,
      publishBatch: never,
      readMessages: never,
      findMessage: never,
      createTopic: never,
      importableTopics: never,
      importTopic: never,
      listTopics: never,
      describeTopic: never,
      createSchema: never,
    },
    ...{ describeSchema: never, createSubscription: never, listSubscriptions: never, describeSubscription: never },
    ...{ schedule: never, listScheduled: never, cancelScheduled: never },
    ...{ pauseSubscription: never, resumeSubscription: never, lag: never, listDeadLetters: never },
    ...{ redrive: never, purgeDeadLetters: never },
    ...{ listJobs: never, describeJob: never, cancelJob: never },
    ...{ updateTopic: never, deleteTopic: never, updateSubscription: never, deleteSubscription: never },
    ...{ rewind: never, skip: never, undoMove: never },
    ...{ createConnector: never, listConnectors: never, describeConnector: never, updateConnector: never },
    ...{ deleteConnector: never, pauseConnector: never, resumeConnector: never, restartConnector: never },
    ...{ checkConnector: never, connectorTables: never },
    ...{ checkEndpoint: never, status: never, snapshot: never, start: never, stop: never, idle: never },
    ...{ listSchemas: never, updateSchema: never, checkSchema: never, diffSchemas: never },
    ...{ describeCluster: never, listGroups: never, describeGroup: never },
    ...{ nodes: never, placeOf: () => ({ kind: "here" }), caughtUp: async () => undefined },
    ...some,
  };
}

function take(published: PublishRequest[], request: PublishRequest) {
  published.push(request);
  return { id: request.id ?? "m-1", topic: request.topic, publishTimeMs: 0, duplicate: false };
}

/** Sends bytes as they are and resolves with all that came back once the server closes (`Connection: close` makes it). */
export function exchange(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", (error) => (answer === "" ? reject(error) : undefined));
    for (const part of parts) socket.write(part);
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly error: ErrorReply["error"];
}

/** An answer on the wire that must be an error in the envelope of product.md §2, whoever wrote it. */
export function refusal(answer: string): Answer {
  const [headers = "", body = ""] = answer.split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1]);
  return { status, headers, error: errorReply.parse(JSON.parse(body)).error };
}

/** The same for a `fetch`. */
export async function refused(response: Response): Promise<ErrorReply["error"] & { readonly status: number }> {
  return { ...errorReply.parse(await response.json()).error, status: response.status };
}
