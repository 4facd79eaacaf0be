import { lookup as resolve } from "node:dns";
import { createServer, type LookupFunction, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { ConnectDeps } from "../../src/lib/connectors/postgresql/connect.ts";
import type { DatabaseAddress } from "../../src/lib/domain/connector.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import type { Postgresql } from "./postgresql.ts";

/** What a source needs besides a server: the passwords of `secrets` by name, and any address. */
export function dialDeps(secrets: Readonly<Record<string, string>> = {}): ConnectDeps {
  return {
    clock: systemClock,
    lookup: (name, options, done) => resolve(name, options, done),
    addressProblem: () => undefined,
    secret: async ({ name }: { readonly name: string }) => secrets[name],
  };
}

/** Every name is this machine. */
export const onlyHere: LookupFunction = (_name, { all }, done) => {
  if (all === true) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
};

/** The server's superuser, whose password is the secret `KBROKER_SECRET_POSTGRES`. */
export function superuserOf({ port }: Postgresql, more: Partial<DatabaseAddress> = {}): DatabaseAddress {
  return { ...roleOf({ port }, "postgres"), password: { kind: "env", name: "KBROKER_SECRET_POSTGRES" }, ...more };
}

export function roleOf({ port }: Pick<Postgresql, "port">, user: string): DatabaseAddress {
  return { host: "127.0.0.1", port, database: "postgres", user, tls: "disable" };
}

/** A server that accepts, and then does what `serve` does; its sockets end with the test. */
export async function listenRaw(
  serve: (socket: Socket) => void = () => {},
): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    serve(socket);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, sockets };
}
