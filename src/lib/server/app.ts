import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { BATCH_BYTES_MAX } from "../domain/batch.ts";
import { KBrokerError } from "../domain/error.ts";
import { PAYLOAD_BYTES_MAX } from "../domain/message.ts";
import { adminRoutes } from "./admin.ts";
import { type BodyLimits, discardRest, readBody } from "./body.ts";
import { answerClientErrors } from "./client-error.ts";
import { answerError, type ErrorContext } from "./error-reply.ts";
import type { Forwarder } from "./forward.ts";
import type { Guard } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import {
  ADMIN_BODY_BYTES_MAX,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  type Limits,
  PATH_NAME_LENGTH_MAX,
} from "./limits.ts";
import type { Log } from "./log.ts";
import { rejectOtherMethods } from "./methods.ts";
import type { Metrics } from "./metrics.ts";
import { metricsRoute } from "./metrics-route.ts";
import type { PhaseHolder } from "./phase.ts";
import { publishRoute } from "./publish.ts";
import { publishBatchRoute } from "./publish-batch.ts";
import { scheduleRoute } from "./schedule.ts";

export interface AppOptions {
  readonly phase: PhaseHolder;
  readonly guard: Guard;
  /** What this node is not there for is refused. */
  readonly role: Guard;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly newId: () => string;
  readonly version: string;
  readonly limits: Limits;
  readonly forwarder: Forwarder;
}

/** Every route, and what is the same for all of them: the guard, how a body is read, how an error is answered. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { phase, metrics, limits } = options;
  const errors: ErrorContext = { ...options, refused: metrics.refused };
  const fail = failWith(errors, options);
  const app = Fastify(serverSettings(options, { errors, fail }));
  app.server.maxConnections = CONNECTIONS_MAX;
  // All headers are looked at; their number is bounded by their bytes.
  app.server.maxHeadersCount = 0;
  // What a client expects beyond `100-continue` may be ignored (RFC 9110, 10.1.1); Node's own answer would have no envelope.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  app.setErrorHandler((error, request, reply) => fail(error, request, reply));
  app.setNotFoundHandler((request) => Promise.reject(noRoute(request)));
  app.addHook("onRequest", before(options));
  takeAnyBody(app, { bytesMax: PAYLOAD_BYTES_MAX, timeoutMs: limits.bodyTimeoutMs });
  const methods = rejectOtherMethods(app);
  healthRoutes(app, phase);
  metricsRoute(app, { phase, metrics });
  publishRoute(app, phase);
  scheduleRoute(app, phase);
  app.register(async (batches) => {
    const hint = "Send it in smaller batches.";
    takeAnyBody(batches, { bytesMax: BATCH_BYTES_MAX, timeoutMs: limits.bodyTimeoutMs, hint });
    publishBatchRoute(batches, { phase, refused: metrics.refused });
  });
  app.register(async (admin) => {
    takeAnyBody(admin, { bytesMax: ADMIN_BODY_BYTES_MAX, timeoutMs: limits.bodyTimeoutMs });
    adminRoutes(admin, options);
  });
  methods.finish();
  return app;
}

type Fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

function serverSettings({ limits, guard }: AppOptions, { errors, fail }: { errors: ErrorContext; fail: Fail }) {
  return {
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.ceil(limits.headersTimeoutMs / 4),
      // Node's own answer would have no envelope: the guard asks for the Host.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: PATH_NAME_LENGTH_MAX },
    genReqId: () => "",
    return503OnClosing: false,
    forceCloseConnections: "idle" as const,
    clientErrorHandler: answerClientErrors(errors),
    // For a path that cannot be read no hook runs.
    frameworkErrors: ((error, request, reply) => fail(guard(request.raw) ?? error, request, reply)) satisfies Fail,
  };
}

/** Runs for every request, also for routes that are not there, and before any body is read. */
function before({ guard, role, phase }: AppOptions) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    const refusal = guard(request.raw) ?? (request.is404 ? noRoute(request) : role(request.raw));
    if (phase.current.kind === "stopping") reply.header("connection", "close");
    // Any content type is taken and none is looked at; Fastify would refuse those that are malformed.
    request.raw.headers["content-type"] = undefined;
    done(refusal);
  };
}

function takeAnyBody(app: FastifyInstance, limits: BodyLimits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, _payload, done) => readBody(request.raw, limits, done));
}

function failWith(errors: ErrorContext, { phase, limits }: AppOptions): Fail {
  return (error, request, reply) => {
    const { status, headers, body } = answerError(error, errors);
    // Fastify would close at once after an unread body, and the reset could overtake the answer. A late body may as well be cut.
    if (status !== 408) {
      if (phase.current.kind !== "stopping") reply.removeHeader("connection");
      discardRest(request.raw, limits.bodyTimeoutMs);
    }
    return reply.code(status).headers(headers).send(body);
  };
}

function noRoute({ method, url }: FastifyRequest): KBrokerError {
  const path = url.split("?")[0]?.slice(0, 200);
  return new KBrokerError("route_not_found", `There is no route ${method} ${path}.`, {
    hint: "Compare the versions: kbroker --version, kbroker broker status.",
  });
}
