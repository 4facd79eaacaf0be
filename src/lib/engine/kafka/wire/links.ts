import { Connection, type ConnectionOptions } from "@platformatic/kafka";
import type { KafkaSettings } from "../../../domain/kafka-settings.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * What a connection is for. A Kafka broker serves one request of a connection at a time, so that a commit behind a long poll, or a join
 * behind another join, would wait for it. `fetch` waits for something new, `read` for nothing; `ask` is for who is who in the cluster, `look`
 * for what a broker says of itself. What goes through a broker to the controller is `admin`: where that hangs, so does the connection.
 */
export type Purpose = "ask" | "look" | "admin" | "produce" | "fetch" | "read" | "fold" | "commit" | "join";

/** Joins may wait for seconds on the broker's side, each with a connection of its own; as many as wait are opened. */
export const JOIN_LINKS_MAX = 64;
/** Connections of one purpose to one broker. Each topic of state is followed on its own. */
const LINKS_MAX: Readonly<Record<Purpose, number>> = {
  ask: 1,
  look: 1,
  admin: 1,
  produce: 1,
  fetch: 1,
  read: 2,
  fold: 4,
  commit: 1,
  join: JOIN_LINKS_MAX,
};
/** Longer than what the broker is asked to wait: fetch 5 s, fold 2 s, join the rebalance timeout. */
const REQUEST_MS: Readonly<Record<Purpose, number>> = {
  // Another broker is asked then.
  ask: 3_000,
  look: 5_000,
  admin: 15_000,
  produce: 15_000,
  fetch: 20_000,
  read: 15_000,
  fold: 8_000,
  commit: 10_000,
  join: 60_000,
};
const CONNECT_MS = 5_000;
const IN_FLIGHT_MAX = 64;

/** Connections to the brokers, each opened when it is first needed and again after it broke. */
export interface Links {
  /** `slot` tells several connections of one purpose apart. */
  get(broker: Address, purpose: Purpose, slot?: number): Promise<Connection>;
  /** Breaks it: the calls that wait there fail, the next one has another. */
  drop(connection: Connection): void;
  close(): Promise<void>;
}

export function openLinks(settings: KafkaSettings): Links {
  const open = new Map<string, Promise<Connection>>();
  let closed = false;

  async function connect({ host, port }: Address, purpose: Purpose, forget: () => void): Promise<Connection> {
    const connection = new Connection(settings.clientId, await optionsOf(settings, REQUEST_MS[purpose]));
    // Whatever breaks is told to the calls under way; an error event without a listener would end the process.
    connection.on("error", forget);
    connection.on("close", forget);
    const connecting = connection.connect(host, port);
    connection.socket?.on("error", () => {});
    await connecting;
    return connection;
  }

  return {
    async get(broker, purpose, slot = 0) {
      if (closed) throw new Error("The connections to Kafka are closed.");
      const key = `${purpose}/${slot % LINKS_MAX[purpose]}/${broker.host}:${broker.port}`;
      const before = open.get(key);
      if (before !== undefined) {
        const connection = await before;
        if (connection.isConnected()) return connection;
        if (open.get(key) === before) open.delete(key);
      }
      const found = open.get(key);
      if (found !== undefined) return found;
      const made: Promise<Connection> = connect(broker, purpose, () => {
        if (open.get(key) === made) open.delete(key);
      });
      open.set(key, made);
      made.catch(() => {
        if (open.get(key) === made) open.delete(key);
      });
      return made;
    },
    drop: (connection) => void broken(connection),
    async close() {
      closed = true;
      const all = Array.from(open.values());
      open.clear();
      await Promise.allSettled(all.map(async (each) => broken(await each)));
    },
  };
}

/** Ends what was not sent, too: a broker that stands still takes nothing, and would be waited for. */
async function broken(connection: Connection): Promise<void> {
  const ended = connection.close();
  connection.socket?.destroy();
  await ended;
}

async function optionsOf({ tls, sasl }: KafkaSettings, requestTimeout: number): Promise<ConnectionOptions> {
  return {
    connectTimeout: CONNECT_MS,
    requestTimeout,
    maxInflights: IN_FLIGHT_MAX,
    ...(tls !== null && {
      tls: {
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.serverName !== undefined && { servername: tls.serverName }),
      },
    }),
    ...(sasl !== null && {
      sasl: { mechanism: sasl.mechanism, username: sasl.username, password: await sasl.password() },
    }),
  };
}
