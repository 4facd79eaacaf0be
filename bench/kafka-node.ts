// Part of the `bench:kafka` scripts: a broker in a process of its own, on whatever storage it is told. Tells its URL, then answers what it
// is asked: CPU, memory, what came from Kafka.
import { subscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openBroker } from "../src/lib/open-broker.ts";

const MIB = 1_048_576;
const sockets = new Set<Socket>();
let closedBytes = 0;

const { storage, node } = JSON.parse(process.argv[2] ?? "{}");
const kafkaPorts = new Set<number>((storage.settings?.brokers ?? []).map(({ port }: { port: number }) => port));
subscribe("net.client.socket", (message) => {
  const socket: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "socket") : undefined;
  if (!(socket instanceof Socket)) return;
  socket.once("connect", () => {
    if (kafkaPorts.has(socket.remotePort ?? 0)) sockets.add(socket);
  });
  socket.once("close", () => {
    if (sockets.delete(socket)) closedBytes += socket.bytesRead;
  });
});
setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

const broker = await openBroker({
  version: "bench",
  listen: { host: "127.0.0.1", port: 0, insecure: false },
  allowedHosts: [],
  storage,
  ...(node !== undefined && { node }),
  log: { write: (line) => /"level":"(warn|error|fatal)"/.test(line) && process.stderr.write(line), human: false },
  onFatal: () => process.exit(1),
});
process.on("message", (question) => void answer(question).then((told) => process.send?.(told)));
process.on("disconnect", () => process.exit(0));
process.send?.({ url: broker.url });

async function answer(question: unknown): Promise<unknown> {
  switch (question) {
    case '"cpu"': {
      const { user, system } = process.cpuUsage();
      return { cpuUs: user + system };
    }
    case '"memory"': {
      if (typeof collect === "function") collect();
      const { heapUsed, external, rss } = process.memoryUsage();
      return { heapMib: (heapUsed + external) / MIB, rssMib: rss / MIB };
    }
    case '"wire"':
      return { receivedBytes: closedBytes + bytesOf([...sockets]), sockets: sockets.size };
    default:
      await broker.close();
      return {};
  }
}

function bytesOf(open: readonly Socket[]): number {
  return open.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
}
