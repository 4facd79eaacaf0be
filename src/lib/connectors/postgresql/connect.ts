import { Client } from "pg";
import type { Clock } from "../../domain/clock.ts";
import type { DatabaseAddress } from "../../domain/connector.ts";
import { type DialDeps, type DialOptions, dial } from "./dial.ts";
import { sourceError } from "./pg-errors.ts";

export interface ConnectDeps extends DialDeps {
  readonly clock: Clock;
}

export interface ConnectOptions extends DialOptions {
  /** Ends the connection, and everything that waits on it. */
  readonly signal?: AbortSignal;
  /** The slot that it is about, for the words of errors. */
  readonly slot?: string;
}

/** Each value as PostgreSQL spells it; `null` is NULL. */
export type Row = Readonly<Record<string, string | null>>;

/** A session for SQL. */
export interface Connection {
  /** For what `query` does not do, such as rows as arrays; its errors are the driver's. */
  readonly client: Client;
  /** One statement. Fails with `SourceError`. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Says goodbye; a server that does not answer is left after a moment. Never fails; calling it twice is fine. */
  close(): Promise<void>;
}

const CLOSE_MS_MAX = 2_000;

/** Limits of newer servers (14, 17) that would end a session which waits for its next change, or reads a large table. */
const NO_LIMITS = `SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings
  WHERE name IN ('idle_session_timeout', 'transaction_timeout')`;

/** Fails with `SourceError`, and with the signal's reason when that aborts; then no socket stays. */
export async function connect(
  address: DatabaseAddress,
  deps: ConnectDeps,
  options: ConnectOptions = {},
): Promise<Connection> {
  const { signal, slot } = options;
  const context = { address, ...(slot !== undefined && { slot }) };
  const { config, destroy } = await dial(address, deps, options);
  signal?.throwIfAborted();
  const client = new Client(config);
  let lost: unknown;
  // A session that breaks while nobody asks anything tells so here, and must not end the process.
  client.on("error", (error) => {
    lost ??= error;
  });
  signal?.addEventListener("abort", destroy, { once: true });
  let closing: Promise<void> | undefined;

  async function query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return (await client.query<Row>({ text, values: [...values] })).rows;
    } catch (error) {
      signal?.throwIfAborted();
      throw sourceError(lost ?? error, context);
    }
  }

  async function end(): Promise<void> {
    const left = new AbortController();
    await Promise.race([client.end(), deps.clock.after(CLOSE_MS_MAX, left.signal)]);
    left.abort();
    signal?.removeEventListener("abort", destroy);
    destroy();
  }

  function close(): Promise<void> {
    closing ??= end();
    return closing;
  }

  try {
    await client.connect();
    await client.query(NO_LIMITS);
    return { client, query, close };
  } catch (error) {
    signal?.removeEventListener("abort", destroy);
    destroy();
    signal?.throwIfAborted();
    throw sourceError(lost ?? error, context);
  }
}

/** A session for as long as `work` takes. */
export async function connected<T>(
  address: DatabaseAddress,
  deps: ConnectDeps,
  { work, ...options }: ConnectOptions & { readonly work: (connection: Connection) => Promise<T> },
): Promise<T> {
  const connection = await connect(address, deps, options);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
