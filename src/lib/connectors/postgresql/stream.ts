import type { OpenSource, SourceBatch, SourceChange, SourceError, SourceSettings, SourceStream } from "../port.ts";
import { type Capture, type CaptureOptions, capture } from "./capture.ts";
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
export function createStream(parts: StreamParts, deps: ConnectDeps): PostgresqlStream {
  const { request, prepared } = parts;
  const { settings, signal } = request;
  const ended = new AbortController();
  const sql = sessionOf(parts, (work) => connected(settings.database, deps, { work, signal: ended.signal }));
  const captured = capture({ settings, tables: prepared.tables, ask: sql.ask });
  let starting: Promise<Live> | undefined;
  let live: Live | undefined;
  let closing: Promise<void> | undefined;

  async function begin({ lsn }: Checkpoint): Promise<Live> {
    await sql.letGo();
    live = await startLive({ settings, from: parseLsn(lsn), capture: captured, signal: ended.signal }, deps);
    return live;
  }

  function start(checkpoint: Checkpoint): Promise<Live> {
    starting ??= begin(checkpoint);
    return starting;
  }

  async function* batches(): AsyncGenerator<SourceBatch> {
    yield batchOf(prepared.start, []);
    let checkpoint = yield* beginning(parts, captured);
    const { next } = await start(checkpoint);
    for (let taken = await next(); taken !== undefined; taken = await next()) {
      checkpoint = { ...checkpoint, lsn: lsnText(taken.lsn) };
      yield batchOf(checkpoint, taken.changes);
    }
  }

  async function end(): Promise<void> {
    signal.removeEventListener("abort", abort);
    ended.abort();
    // Whoever waits for the beginning is told.
    await starting?.catch(() => undefined);
    await live?.close();
    await sql.letGo();
  }

  function close(): Promise<void> {
    closing ??= end();
    return closing;
  }

  const abort = () => void close();
  signal.addEventListener("abort", abort);
  return {
    async start() {
      await start(prepared.start);
    },
    next: failingForGood(batches(), { settings, isClosed: () => closing !== undefined }),
    safe: ({ position }) => live?.confirm(parseLsn(position)),
    warnings: () => prepared.warnings,
    close,
  };
}

/** The connection until it is let go of, and then one for each question: those are rare. */
function sessionOf({ connection }: StreamParts, anew: CaptureOptions["ask"]) {
  let open: Connection | undefined = connection;
  const ask: CaptureOptions["ask"] = (work) => (open === undefined ? anew(work) : work(open));
  async function letGo(): Promise<void> {
    const used = open;
    open = undefined;
    await used?.close();
  }
  return { ask, letGo };
}

/** Gives the checkpoint of the stream behind it. */
async function* beginning(
  { prepared, connection }: StreamParts,
  captured: Capture,
): AsyncGenerator<SourceBatch, Checkpoint> {
  const { start, tables } = prepared;
  if (start.snapshot === null) return start;
  let state = start.snapshot;
  const plan = { state, tables, encoder: captured.table, limits: CHUNK };
  for await (const part of snapshotParts(connection, plan)) {
    state = part.state;
    yield batchOf({ ...start, snapshot: state }, part.changes);
  }
  const done = state.tables.map(({ schema, table, oid, key }) => ({ schema, table, oid, key }));
  const checkpoint = { ...start, tables: [...start.tables, ...done], snapshot: null };
  yield { ...batchOf(checkpoint, []), snapshot: progressOf(state) };
  return checkpoint;
}

interface Ending {
  readonly settings: SourceSettings;
  readonly isClosed: () => boolean;
}

/** What a closed stream meets on its way out is no failure. */
function failingForGood(
  all: AsyncGenerator<SourceBatch>,
  { settings: { database: address, slot }, isClosed }: Ending,
): () => Promise<SourceBatch | undefined> {
  let failure: SourceError | undefined;
  return async () => {
    if (failure !== undefined) throw failure;
    if (isClosed()) return undefined;
    try {
      const { value, done } = await all.next();
      return done === true || isClosed() ? undefined : value;
    } catch (error) {
      if (isClosed()) return undefined;
      failure = sourceError(error, { address, slot });
      throw failure;
    }
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
