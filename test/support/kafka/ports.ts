import { createServer, type Server } from "node:net";
import type { Listener, Ports } from "./properties.ts";

const FIRST = 10_000;
const COUNT = 10_000;
const ATTEMPTS_MAX = 100;

/** Free ones, below those that systems give to outgoing connections, so that each is free again after a restart. */
export async function freePorts({
  nodes,
  listeners,
}: {
  nodes: number;
  listeners: readonly Listener[];
}): Promise<Ports[]> {
  const held: Server[] = [];
  try {
    const ports: Ports[] = [];
    for (let id = 1; id <= nodes; id++) ports.push(Object.fromEntries(await nodePorts(listeners, held)));
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function nodePorts(listeners: readonly Listener[], held: Server[]): Promise<[Listener, number][]> {
  const entries: [Listener, number][] = [];
  for (const listener of listeners) entries.push([listener, await holdFreePort(held)]);
  return entries;
}

/** Held until all are found, so that no port is found twice. */
async function holdFreePort(held: Server[]): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = await listenAt(port);
    if (server === undefined) continue;
    held.push(server);
    return port;
  }
  throw new Error(`No free port between ${FIRST} and ${FIRST + COUNT} was found in ${ATTEMPTS_MAX} attempts.`);
}

function listenAt(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
