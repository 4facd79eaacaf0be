import { isIP, type LookupFunction, Socket } from "node:net";
import type { ClientConfig } from "pg";
import type { DatabaseAddress, SecretReference, TlsMode } from "../../domain/connector.ts";
import { SourceError } from "../port.ts";
import { guardedConnection } from "./guarded-connection.ts";
import { PasswordWanted } from "./pg-errors.ts";
import { placeOf, secretWords } from "./words.ts";

export interface DialDeps {
  /** Resolves the database's host, and gives only addresses that may be connected to. */
  readonly lookup: LookupFunction;
  /** Why a literal address must not be connected to (no lookup happens for those); `undefined`: it may. */
  readonly addressProblem: (address: string) => string | undefined;
  readonly secret: (reference: SecretReference) => Promise<string | undefined>;
}

export interface DialOptions {
  /** Every transaction is read only: what is only looked at cannot be changed by mistake. */
  readonly readOnly?: boolean;
  /** Left out: statements may take as long as they like. */
  readonly statementTimeoutMs?: number;
}

/** How a client of `pg` gets to a database. Every client takes one of its own. */
export interface Dial {
  /** Nothing in it comes from the environment or from a `.pgpass`: their passwords belong to other servers. */
  readonly config: ClientConfig;
  /** Closes the client's socket at once, in whatever state it is. */
  destroy(): void;
}

/** From the first packet to the server's "ready". */
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_AFTER_MS = 30_000;

/**
 * What every session has, so that values are spelled alike whatever the server, the database or the role is set to. An empty search path:
 * nothing that somebody put into a schema takes the place of PostgreSQL's own functions.
 */
const SESSION = {
  ...{ TimeZone: "UTC", DateStyle: "ISO", IntervalStyle: "iso_8601", bytea_output: "hex", extra_float_digits: "1" },
  ...{ client_encoding: "UTF8", search_path: "", standard_conforming_strings: "on" },
  idle_in_transaction_session_timeout: "0",
};

/** Reads the password anew. Fails with `SourceError`: `secret_missing`, or for an address that is never connected to. */
export async function dial(address: DatabaseAddress, deps: DialDeps, options: DialOptions = {}): Promise<Dial> {
  refuseForbidden(address, deps);
  const password = await passwordOf(address, deps);
  const socket = guardedSocket(deps.lookup);
  const transport = { ssl: tlsOf(address.tls), keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS };
  const config: ClientConfig = {
    ...{ host: address.host, port: address.port, database: address.database, user: address.user },
    // Asked for only when the server wants one; without a function the driver looks for one in PGPASSWORD and in ~/.pgpass.
    password: () => {
      if (password === undefined) throw new PasswordWanted();
      return password;
    },
    ssl: transport.ssl,
    ...{ sslnegotiation: "postgres", application_name: "kbroker", options: sessionOptions(options) },
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    connection: guardedConnection(socket, transport),
    types: { getTypeParser: () => asSpelled },
  };
  return { config, destroy: () => void socket.destroy() };
}

/** Every value is the text that PostgreSQL writes: nothing is rounded on its way through JavaScript. */
function asSpelled(value: unknown): unknown {
  return value;
}

function refuseForbidden(address: DatabaseAddress, { addressProblem }: DialDeps): void {
  const { host, user, database } = address;
  const problem = isIP(host) === 0 ? undefined : addressProblem(host);
  // A path is a socket of the broker's own machine; a NUL ends a field of the first packet, and what follows it would be another field.
  const isOdd = host.startsWith("/") || `${host}${user}${database}`.includes("\0");
  if (problem === undefined && !isOdd) return;
  throw new SourceError({
    code: "database_unreachable",
    message: `${placeOf(address)} is never connected to: ${problem ?? "host, user and database are plain names"}.`,
    hint: "Name the host at which PostgreSQL listens: kbroker connector update <name> --url postgresql://USER@HOST:PORT/DATABASE",
  });
}

async function passwordOf(
  { password: from, ...address }: DatabaseAddress,
  { secret }: DialDeps,
): Promise<string | undefined> {
  if (from === undefined) return undefined;
  const reference = from;
  const found = await secret(reference).catch((cause: unknown) => missing("cannot be read", cause));
  if (found === undefined || found === "") return missing(found === "" ? "is empty" : "is not there");
  return found;

  function missing(what: string, cause?: unknown): never {
    const { words, hint } = secretWords(reference);
    const message = `The password for ${placeOf(address)} ${what}: ${words}.`;
    throw new SourceError({ code: "secret_missing", message, hint }, { cause });
  }
}

function tlsOf(mode: TlsMode): ClientConfig["ssl"] {
  return mode === "disable" ? false : { rejectUnauthorized: mode === "verify-full", minVersion: "TLSv1.2" };
}

function sessionOptions({ readOnly = false, statementTimeoutMs = 0 }: DialOptions): string {
  const session = {
    ...{ ...SESSION, statement_timeout: String(statementTimeoutMs) },
    default_transaction_read_only: readOnly ? "on" : "off",
  };
  return Object.entries(session)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/** The driver says only where to; how a name becomes an address is ours. */
function guardedSocket(lookup: LookupFunction): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, {
    connect: (port: number, host: string) => connect({ port, host, lookup, autoSelectFamily: true }),
  });
}
