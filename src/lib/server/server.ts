import type { FastifyInstance } from "fastify";
import type { Broker } from "../broker/broker.ts";
import { KBrokerError } from "../domain/error.ts";
import { ROLES, type Role } from "../domain/node.ts";
import { buildApp } from "./app.ts";
import { openForwarder } from "./forward.ts";
import { browserGuard, hostOf } from "./guard.ts";
import { CLOSE_MS, LIMITS, type Limits } from "./limits.ts";
import { addressToBind, type Listen, listen, urlOf } from "./listen.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { PhaseHolder } from "./phase.ts";
import { roleGuard } from "./role-guard.ts";

export interface ServerOptions {
  readonly listen: Listen;
  /** Names under which others reach this broker, beside its address and this machine's own names. */
  readonly allowedHosts: readonly string[];
  /** How it calls itself to the other nodes, once it is one of them. */
  readonly node?: () => string;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly newId: () => string;
  readonly version: string;
  readonly limits?: Limits;
  /** What this node is there for. Left out: everything. */
  readonly roles?: readonly Role[];
}

/** Listens from the start, so that a liveness probe is answered while the engine still recovers. */
export interface Server {
  readonly url: string;
  /** Takes requests from now on. */
  serve(broker: Broker): void;
  /** Refuses what would change something; what looks is still answered, each on a connection that then ends. */
  refuse(): void;
  /** Lets go of the port, waits a moment for requests under way, then cuts. Calling it twice is fine. */
  close(): Promise<void>;
}

export async function openServer({
  limits = LIMITS,
  node = () => "a node",
  roles = ROLES,
  ...options
}: ServerOptions): Promise<Server> {
  const address = await addressToBind(options.listen);
  const phase: PhaseHolder = { current: { kind: "starting" } };
  const guard = browserGuard(listedHosts(address, options));
  const forwarder = openForwarder(node);
  const app = buildApp({ ...options, limits, phase, guard, forwarder, role: roleGuard(roles) });
  const port = await listen(app, { host: address, port: options.listen.port });
  return {
    url: urlOf(address, port),
    serve: (broker) => {
      phase.current = { kind: "ready", broker };
    },
    refuse: () => {
      const { current } = phase;
      phase.current = { kind: "stopping", broker: current.kind === "starting" ? undefined : current.broker };
      app.server.closeIdleConnections();
    },
    async close() {
      await close(app);
      await forwarder.close();
    },
  };
}

function listedHosts(address: string, { listen, allowedHosts }: ServerOptions): ReadonlySet<string> {
  const own = ["localhost", "127.0.0.1", "[::1]", address.includes(":") ? `[${address}]` : address, listen.host];
  return new Set([...own.map((name) => name.toLowerCase()), ...allowedHosts.map(allowedHost)]);
}

function allowedHost(name: string): string {
  const host = hostOf(name.includes(":") && !name.startsWith("[") ? `[${name}]` : name);
  if (host !== undefined) return host;
  throw new KBrokerError("usage", `"${name}" is not a host name.`, {
    hint: "--allowed-host takes a name without scheme, port and path, such as kbroker.internal.",
  });
}

async function close(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
  await app.close();
  clearTimeout(cut);
}
