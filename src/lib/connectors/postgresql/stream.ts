import type { OpenSource, SourceBatch, SourceChange, SourceError, SourceStream } from "../port.ts";
import { capture } from "./capture.ts";
import type { Checkpoint, SnapshotState } from "./checkpoint.ts";
import { type ConnectDeps, type Connection, connected } from "./connect.ts";
import { type Live, startLive } from "./live.ts";
import { lsnText, parseLsn } from "./lsn.ts";
import { sourceError } from "./pg-errors.ts";
import type { Prepared } from "./prepare.ts";
import { snapshotParts } from "./snapshot.ts";

const CHUNK = { rowsMax: 1_000, bytesMax: 2_097_152 };

interface StreamParts {
  readonly request: OpenSource;
  readonly prepared: Prepared;
  /** The stream's from now on; in the snapshot's transaction where there is one to read. */
  readonly connection: Connection;
}

export interface PostgresqlStream extends SourceStream {
  /** Begins to stream, where no rows are to be read first. Fails with `SourceError`. */
  start(): Promise<void>;
}

/** Rows of the beginning where there are some to read, then the changes. */
export function createStream({ request, prepared, connection }: StreamParts, deps: ConnectDeps): PostgresqlStream {
  const { settings, signal } = request;
  const { database: address } = settings;
  const ended = new AbortController();
  let sql: Connection | undefined = connection;
  let checkpoint = prepared.start;
  let starting: Promise<Live> | undefined;
  let live: Live | undefined;
  let failure: SourceError | undefined;
  let closing: Promise<void> | undefined;

  function ask<T>(work: (one: Connection) => Promise<T>): Promise<T> {
    return sql === undefined ? connected(address, deps, { work, signal: ended.signal }) : work(sql);
  }
  const captured = capture({ settings, tables: prepared.tables, ask });

  async function letGo(): Promise<void> {
    const used = sql;
    sql = undefined;
    await used?.close();
  }

  async function begin(): Promise<Live> {
    await letGo();
    const from = parseLsn(checkpoint.lsn);
    live = await startLive({ settings, from, capture: captured, signal: ended.signal }, deps);
    return live;
  }

  function start(): Promise<Live> {
    starting ??= begin();
    return starting;
  }

  async function* batches(): AsyncGenerator<SourceBatch> {
    yield batchOf(checkpoint, []);
    if (checkpoint.snapshot !== null) yield* beginning(checkpoint.snapshot);
    const { next } = await start();
    for (let taken = await next(); taken !== undefined; taken = await next()) {
      checkpoint = { ...checkpoint, lsn: lsnText(taken.lsn) };
      yield batchOf(checkpoint, taken.changes);
    }
  }

  async function* beginning(state: SnapshotState): AsyncGenerator<SourceBatch> {
    let read = state;
    const plan = { state, tables: prepared.tables, encoder: captured.table, limits: CHUNK };
    for await (const part of snapshotParts(connection, plan)) {
      read = part.state;
      checkpoint = { ...checkpoint, snapshot: read };
      yield batchOf(checkpoint, part.changes);
    }
    const done = read.tables.map(({ schema, table, oid, key }) => ({ schema, table, oid, key }));
    checkpoint = { ...checkpoint, tables: [...checkpoint.tables, ...done], snapshot: null };
    yield { ...batchOf(checkpoint, []), snapshot: progressOf(read) };
  }

  async function end(): Promise<void> {
    signal.removeEventListener("abort", abort);
    ended.abort();
    // Whoever waits for the beginning is told.
    await starting?.catch(() => undefined);
    await live?.close();
    await letGo();
  }

  function close(): Promise<void> {
    closing ??= end();
    return closing;
  }

  const abort = () => void close();
  signal.addEventListener("abort", abort);
  const all = batches();
  return {
    async start() {
      await start();
    },
    async next() {
      if (failure !== undefined) throw failure;
      if (closing !== undefined) return undefined;
      try {
        const { value, done } = await all.next();
        return done === true || closing !== undefined ? undefined : value;
      } catch (error) {
        if (closing !== undefined) return undefined;
        failure = sourceError(error, { address, slot: settings.slot });
        throw failure;
      }
    },
    safe: ({ position }) => live?.confirm(parseLsn(position)),
    warnings: () => prepared.warnings,
    close,
  };
}

function batchOf(checkpoint: Checkpoint, changes: readonly SourceChange[]): SourceBatch {
  const { snapshot, lsn } = checkpoint;
  return {
    ...{ changes, checkpoint, position: lsn },
    snapshot: snapshot === null ? null : progressOf(snapshot),
    isSnapshot: snapshot !== null,
  };
}

function progressOf({ tables }: SnapshotState) {
  return {
    tables: tables.map(({ schema, table, rows, rowsExpected, done }) => ({ schema, table, rows, rowsExpected, done })),
  };
}
