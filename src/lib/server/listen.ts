import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import type { FastifyInstance } from "fastify";
import { KBrokerError } from "../domain/error.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

export interface Listen {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Listen where others can reach it, though nobody has to say who they are. */
  readonly insecure: boolean;
}

/** The address behind `host`. Without tokens only loopback is allowed, unless `insecure`. */
export async function addressToBind({ host, insecure }: Listen): Promise<string> {
  const address = await resolve(host);
  if (insecure || LOOPBACK.check(address, isIPv6(address) ? "ipv6" : "ipv4")) return address;
  throw new KBrokerError("usage", `Everyone who reaches ${host} could publish and operate: there are no tokens yet.`, {
    hint: "Listen on 127.0.0.1, or give --insecure where the network itself keeps others out.",
  });
}

/** Resolves with the port. */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, `${host}:${port}`);
  }
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

export function urlOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

async function resolve(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new KBrokerError("usage", `"${host}" is no address of this machine.`, {
      cause,
      hint: "Give another --host.",
    });
  }
}

function listenError(cause: unknown, place: string): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE")
    return new KBrokerError("port_in_use", `Something else listens on ${place}.`, {
      cause,
      hint: "Stop it, or give --port <another>; --port 0 takes any that is free.",
    });
  if (code === "EACCES")
    return new KBrokerError("usage", `No permission to listen on ${place}.`, {
      cause,
      hint: "Give a --port from 1024 on.",
    });
  if (code !== "EADDRNOTAVAIL") return cause;
  return new KBrokerError("usage", `${place} is no address of this machine.`, { cause, hint: "Give another --host." });
}
