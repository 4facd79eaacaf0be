import { LogicalReplicationService } from "pg-logical-replication";
import type { SourceSettings } from "../port.ts";
import { SourceError } from "../port.ts";
import type { ConnectDeps } from "./connect.ts";
import { dial } from "./dial.ts";
import { type Lsn, lsnText, parseLsn } from "./lsn.ts";
import { sourceError } from "./pg-errors.ts";
import type { WalMessage } from "./pgoutput.ts";
import { replicationPlugin } from "./replication-plugin.ts";
import { placeOf } from "./words.ts";

export interface ReplicationOptions {
  readonly settings: SourceSettings;
  /** Transactions that were committed before it are not sent again. */
  readonly from: Lsn;
  /** What it returns is waited for; nothing more is read meanwhile. */
  readonly take: (message: WalMessage) => Promise<void> | undefined;
  /** The server has nothing for us up to here. */
  readonly idle: (lsn: Lsn) => void;
  /** It ended without being closed. Told once, and never before it began. */
  readonly failed: (error: SourceError) => void;
  /** Ends the beginning; what has begun is closed. */
  readonly signal: AbortSignal;
}

export interface Replication {
  /** Everything that was committed before it is durable here. */
  confirm(lsn: Lsn): void;
  /** The same again: the server ends a connection from which it hears nothing, also while we are slow. */
  beat(): void;
  /** The server has heard the last confirmation and let go of the slot, or did not in time. Never fails; calling it twice is fine. */
  close(): Promise<void>;
}

/** A server that answers lets go of the slot within it. */
const CLOSE_MS_MAX = 2_000;

const SERVICE = {
  // With a period it would confirm what it has merely received.
  acknowledge: { auto: false, timeoutSeconds: 0 },
  flowControl: { enabled: true },
};

/** Resolves when the server streams. Fails with `SourceError`, and with the signal's reason. */
export async function startReplication(options: ReplicationOptions, deps: ConnectDeps): Promise<Replication> {
  const { settings, from, signal } = options;
  const { config, destroy } = await dial(settings.database, deps);
  signal.throwIfAborted();
  signal.addEventListener("abort", destroy, { once: true });
  const service = new LogicalReplicationService(config, SERVICE);
  const plugin = replicationPlugin(settings.publication);
  let confirmed = from;
  let state: "starting" | "streaming" | "over" = "starting";
  let failure: SourceError | undefined;

  function fail(error: unknown): void {
    if (state === "over") return;
    failure ??= sourceError(error, { address: settings.database, slot: settings.slot });
    if (state === "streaming") options.failed(failure);
    state = "over";
  }

  function beat(): void {
    // The library sends the place behind the one that it is given. One too far, and a transaction that begins there is never sent.
    service.acknowledge(lsnText(confirmed - 1n)).catch(fail);
  }

  const inTurn = inOrder({ ...options, isOver: () => state === "over", fail, received: () => plugin.received });
  service.on("error", fail);
  service.on("data", (_lsn, message: WalMessage) => inTurn.take(message));
  service.on("heartbeat", (lsn, _timeMs, shouldRespond) => {
    inTurn.said(parseLsn(lsn));
    if (shouldRespond) beat();
  });
  const started = new Promise<void>((resolve) => void service.once("start", resolve));
  const streaming = service.subscribe(plugin, settings.slot, lsnText(from)).then(() => fail(stopped(settings)), fail);

  const letGo = () => ended({ service, streaming, destroy }, deps);

  async function end(): Promise<void> {
    state = "over";
    beat();
    plugin.goodbye();
    await letGo();
  }

  await Promise.race([started, streaming]);
  signal.removeEventListener("abort", destroy);
  if (failure !== undefined || signal.aborted) {
    state = "over";
    await letGo();
    signal.throwIfAborted();
    throw failure ?? stopped(settings);
  }
  state = "streaming";
  let closing: Promise<void> | undefined;
  return {
    confirm(lsn) {
      if (lsn <= confirmed) return;
      confirmed = lsn;
      beat();
    },
    beat,
    close() {
      closing ??= end();
      return closing;
    },
  };
}

interface Ending {
  readonly service: LogicalReplicationService;
  /** Settles when the server has ended the stream. */
  readonly streaming: Promise<void>;
  readonly destroy: () => void;
}

/** Waits for the server's own end, for a while. */
async function ended({ service, streaming, destroy }: Ending, { clock }: ConnectDeps): Promise<void> {
  const waited = new AbortController();
  await Promise.race([streaming.then(() => service.destroy()), clock.after(CLOSE_MS_MAX, waited.signal)]);
  waited.abort();
  destroy();
  await service.destroy();
}

interface InOrderOptions extends Pick<ReplicationOptions, "take" | "idle"> {
  readonly isOver: () => boolean;
  readonly fail: (error: unknown) => void;
  readonly received: () => number;
}

/** The library hands over messages one by one and later than it reads them, but what the server says of its place at once. */
function inOrder({ take, idle, isOver, fail, received }: InOrderOptions) {
  let handled = 0;
  let said: { readonly lsn: Lsn; readonly after: number } | undefined;

  function believe(): void {
    if (said === undefined || handled < said.after || isOver()) return;
    idle(said.lsn);
    said = undefined;
  }

  function done(): void {
    handled += 1;
    if (said !== undefined) believe();
  }

  return {
    said(lsn: Lsn): void {
      said = { lsn, after: received() };
      believe();
    },
    /** Never fails: the library would go on with the next message. */
    take(message: WalMessage): Promise<void> | undefined {
      if (isOver()) return undefined;
      try {
        const later = take(message);
        if (later !== undefined) return later.then(done, fail);
        done();
      } catch (error) {
        fail(error);
      }
      return undefined;
    },
  };
}

/** A server that stops says goodbye. */
function stopped({ database }: SourceSettings): SourceError {
  return new SourceError({
    code: "database_unreachable",
    message: `PostgreSQL ended the stream of ${placeOf(database)}: it stops, or somebody ended the connection.`,
    hint: "It is tried again by itself. Should it go on, look into PostgreSQL's log.",
  });
}
