import type { FastifyInstance } from "fastify";
import { KBrokerError } from "../domain/error.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Call it before the routes are registered. Then each of their paths answers every other method with 405 and `Allow`. */
export function rejectOtherMethods(app: FastifyInstance): { finish(): void } {
  const paths = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ path, method }) => {
    paths.set(path, new Set([...(paths.get(path) ?? []), ...[method].flat()]));
  });
  return {
    finish: () => {
      app.register(async (rest) => {
        for (const [path, methods] of Array.from(paths)) reject(rest, path, methods);
      });
    },
  };
}

function reject(app: FastifyInstance, path: string, methods: ReadonlySet<string>): void {
  app.route({
    method: METHODS.filter((method) => !methods.has(method)),
    url: path,
    // Before any body is read.
    onRequest: (request, reply, done) => {
      const allowed = METHODS.filter((method) => methods.has(method)).join(", ");
      reply.header("allow", allowed);
      const error = `${request.method} is not a method of this path; it has ${allowed}.`;
      done(new KBrokerError("method_not_allowed", error));
    },
    handler: () => Promise.resolve(),
  });
}
