import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";
import type { PhaseHolder } from "./phase.ts";

export function metricsRoute(app: FastifyInstance, { phase, metrics }: { phase: PhaseHolder; metrics: Metrics }): void {
  app.get("/metrics", async (_request, reply) => {
    const { current } = phase;
    reply.header("content-type", metrics.contentType);
    return metrics.page(current.kind === "starting" ? undefined : current.broker);
  });
}
