import type { SourceSettings } from "../port.ts";
import { batchQueue, type Taken } from "./batch-queue.ts";
import type { Capture } from "./capture.ts";
import type { ConnectDeps } from "./connect.ts";
import type { Lsn } from "./lsn.ts";
import type { WalMessage } from "./pgoutput.ts";
import { type Replication, startReplication } from "./replication.ts";
import { transactions } from "./transactions.ts";

/** What waits for the broker, and what a batch is at most. As much again is with the broker at the same time. */
const QUEUE = { countMax: 2_000, bytesMax: 4_194_304 };
/** A position without changes is told, and a sign of life given, at this distance. */
const BEAT_MS = 1_000;

export interface LiveOptions {
  readonly settings: SourceSettings;
  readonly from: Lsn;
  readonly capture: Capture;
  readonly signal: AbortSignal;
}

/** The changes from a place on. */
export interface Live {
  /** `undefined` once it was closed. Fails with `SourceError`. */
  next(): Promise<Taken | undefined>;
  confirm(lsn: Lsn): void;
  close(): Promise<void>;
}

/** Resolves when the server streams. Fails with `SourceError`, and with the signal's reason. */
export async function startLive(options: LiveOptions, deps: ConnectDeps): Promise<Live> {
  const { settings, from, signal } = options;
  const queue = batchQueue(from, QUEUE);
  const take = transactions({ queue, capture: options.capture });
  const replication = await startReplication(
    { settings, from, signal, take: withRoom, idle: queue.passed, failed: queue.end },
    deps,
  );
  const closed = new AbortController();
  const beating = beats(replication);

  /** Whoever reads slowly slows the server down. */
  function withRoom(message: WalMessage): Promise<void> | undefined {
    const later = take(message);
    if (later !== undefined) return later;
    return queue.isFull() ? queue.room() : undefined;
  }

  async function beats(one: Replication): Promise<void> {
    while (!closed.signal.aborted) {
      await deps.clock.after(BEAT_MS, closed.signal);
      queue.flush();
      one.beat();
    }
  }

  return {
    next: queue.take,
    confirm: replication.confirm,
    async close() {
      closed.abort();
      queue.end();
      await replication.close();
      await beating;
    },
  };
}
