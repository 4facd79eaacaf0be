import type { Broker } from "../../src/lib/broker/broker.ts";
import { LIMITS } from "../../src/lib/server/limits.ts";
import { openMetrics } from "../../src/lib/server/metrics.ts";
import { openServer, type Server } from "../../src/lib/server/server.ts";

/** Serves this broker on a free port of 127.0.0.1 and logs nothing; whoever asked for it closes it. */
export async function serverOf(broker: Broker): Promise<Server> {
  const server = await openServer({
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    metrics: openMetrics(),
    log: () => {},
    newId: () => "request",
    version: "0.0.0",
    limits: LIMITS,
  });
  server.serve(broker);
  return server;
}
