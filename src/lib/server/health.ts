import type { FastifyInstance } from "fastify";
import type { HealthReply } from "../api/broker.ts";
import type { PhaseHolder } from "./phase.ts";

/** `/_/health` answers 200 while the process lives, `/_/ready` only while requests are taken. */
export function healthRoutes(app: FastifyInstance, phase: PhaseHolder): void {
  app.get("/_/health", async (): Promise<HealthReply> => ({ status: "ok" }));
  app.get("/_/ready", async (_request, reply): Promise<HealthReply> => {
    const { kind } = phase.current;
    reply.header("cache-control", "no-store");
    if (kind !== "ready") reply.code(503);
    return { status: kind === "ready" ? "ok" : kind };
  });
}
