import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ClientConfig, Connection } from "pg";
import { PasswordInClear, ProtocolBroken } from "./pg-errors.ts";
import { protocolCheck } from "./protocol-check.ts";

declare module "pg" {
  // Both are there, its types do not know them.
  interface Connection {
    /** Called by the driver, with the socket or with TLS on it. */
    attachListeners(stream: Pick<Duplex, "on">): void;
  }
  interface ClientConfig {
    connection?: Connection;
  }
}

/**
 * Where a server breaks the protocol the driver throws out of the socket's own event, where nobody could catch it, or looks for the end of a
 * text for ever: one server that is none would take the whole broker with it. Here it ends the connection. And no password goes over the
 * network in clear.
 */
export function guardedConnection(socket: Socket, config: Pick<ClientConfig, "ssl" | "keepAlive">): Connection {
  const connection = new Connection({ ...config, stream: () => socket });
  const attach = connection.attachListeners.bind(connection);
  // Before the driver's own listener: that one sends the password a moment later.
  if (config.ssl === false) {
    connection.on("authenticationCleartextPassword", () => void socket.destroy(new PasswordInClear()));
  }
  return Object.assign(connection, {
    attachListeners(stream: Duplex) {
      const check = protocolCheck();
      const on: Duplex["on"] = (event, listener) => {
        if (event !== "data") return stream.on(event, listener);
        return stream.on("data", (bytes: Buffer) => {
          if (stream.destroyed) return;
          try {
            check(bytes);
            listener(bytes);
          } catch (cause) {
            stream.destroy(new ProtocolBroken({ cause }));
          }
        });
      };
      attach({ on });
    },
  });
}
