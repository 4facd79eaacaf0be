import {
  type OpenSource,
  type Source,
  type SourceBatch,
  type SourceChange,
  SourceError,
  type SourceMeasure,
  type SourceStream,
} from "../../src/lib/connectors/port.ts";
import type { Fault, FaultCode, SnapshotProgress } from "../../src/lib/domain/connector-report.ts";
import { bytes } from "./broker.ts";
import { type Deferred, deferred } from "./promises.ts";

/** A change of a row; its event is the JSON text, `"<id>"` where none is given. */
export interface ScriptedChange {
  readonly id: string;
  readonly table?: number;
  readonly key?: string;
  readonly text?: string;
  readonly timeMs?: number;
}

export interface ScriptedBatch {
  readonly snapshot?: SnapshotProgress;
  readonly isSnapshot?: boolean;
}

/** A database in memory that outlives every process: what it is made to hold is yielded until it is declared safe. */
export interface ScriptedSource extends Source {
  /** One batch. Without a change only the position goes on. */
  commit(changes: readonly ScriptedChange[], batch?: ScriptedBatch): void;
  /** What was committed at this place (from 0) reads otherwise from now on, as after a restore. */
  rewrite(at: number, changes: readonly ScriptedChange[]): void;
  /** From now on there is always one more empty batch. */
  babble(): void;
  /** Openings fail, so many or until the returned function is called. */
  failOpen(error: Error, times?: number): () => void;
  /** The stream that is open fails. */
  fail(error: Error): void;
  /** The stream that is open ends. */
  hangUp(): void;
  /** Such calls wait until the returned function is called. */
  hang(call: ScriptedCall): () => void;
  setMeasure(measure: SourceMeasure | Error): void;
  setWarnings(warnings: readonly Fault[]): void;
  readonly opens: readonly OpenSource[];
  /** How many batches were safe, each time that one was declared so. */
  readonly safe: readonly number[];
  readonly measures: number;
  /** How many streams are open. */
  readonly openCount: number;
  /** How many batches were yielded. */
  readonly yielded: number;
}

export type ScriptedCall = "open" | "close" | "measure";

/** As a source tells what is the matter. */
export function sourceError(code: FaultCode, message = `It is ${code}.`): SourceError {
  return new SourceError({ code, message, hint: "Mend it." });
}

export const MEASURE: SourceMeasure = { lag: { bytes: 0, ms: 0 }, retainedBytes: 0, warnings: [] };

interface Stream extends SourceStream {
  wake(): void;
  fail(error: Error): void;
  end(): void;
}

export function scriptedSource(): ScriptedSource {
  const log: SourceBatch[] = [];
  const safe: number[] = [];
  const opens: OpenSource[] = [];
  const gates = new Map<ScriptedCall, Deferred<void>>();
  const streams = new Set<Stream>();
  let openFault: { readonly error: Error; left: number } | undefined;
  let measured: SourceMeasure | Error = MEASURE;
  let warnings: readonly Fault[] = [];
  /** Batches that the database may have forgotten. */
  let confirmed = 0;
  let babbles = false;
  let [measures, yielded] = [0, 0];

  const through = async (call: ScriptedCall) => gates.get(call)?.promise;
  const wakeAll = () => {
    for (const stream of streams) stream.wake();
  };

  function batchOf(at: number, changes: readonly ScriptedChange[], batch: ScriptedBatch): SourceBatch {
    const { snapshot = null, isSnapshot = false } = batch;
    return { changes: changes.map(changeOf), checkpoint: { at }, position: `0/${at}`, snapshot, isSnapshot };
  }

  function openStream(from: number, signal: AbortSignal): Stream {
    let at = from;
    let failure: Error | undefined;
    let isEnded = false;
    let waiting: Deferred<void> | undefined;
    const given = new Map<SourceBatch, number>();
    const stream: Stream = {
      wake: () => waiting?.resolve(),
      fail(error) {
        failure = error;
        stream.wake();
      },
      end() {
        isEnded = true;
        stream.wake();
      },
      async next() {
        for (;;) {
          if (failure !== undefined) throw failure;
          if (isEnded) return undefined;
          const batch = log[at] ?? (babbles ? batchOf(at, [], {}) : undefined);
          if (batch !== undefined) {
            at = Math.min(at + 1, log.length);
            yielded += 1;
            given.set(batch, at);
            return batch;
          }
          waiting = deferred();
          await waiting.promise;
        }
      },
      safe(batch) {
        const upTo = given.get(batch);
        if (upTo === undefined) throw new Error("A batch was declared safe that this stream never gave.");
        confirmed = Math.max(confirmed, upTo);
        safe.push(confirmed);
      },
      warnings: () => warnings,
      async close() {
        stream.end();
        streams.delete(stream);
        await through("close");
      },
    };
    signal.addEventListener("abort", () => stream.end(), { once: true });
    streams.add(stream);
    return stream;
  }

  return {
    opens,
    safe,
    get measures() {
      return measures;
    },
    get openCount() {
      return streams.size;
    },
    get yielded() {
      return yielded;
    },
    commit(changes, batch = {}) {
      log.push(batchOf(log.length + 1, changes, batch));
      wakeAll();
    },
    rewrite(at, changes) {
      log[at] = batchOf(at + 1, changes, {});
      confirmed = Math.min(confirmed, at);
    },
    babble() {
      babbles = true;
      wakeAll();
    },
    failOpen(error, times = Number.POSITIVE_INFINITY) {
      openFault = { error, left: times };
      return () => {
        openFault = undefined;
      };
    },
    fail(error) {
      for (const stream of streams) stream.fail(error);
    },
    hangUp() {
      for (const stream of streams) stream.end();
    },
    hang(call) {
      const gate = deferred();
      gates.set(call, gate);
      return () => {
        gates.delete(call);
        gate.resolve();
      };
    },
    setMeasure(measure) {
      measured = measure;
    },
    setWarnings(given) {
      warnings = given;
    },
    check: async () => [],
    tables: async () => [],
    remove: async () => {},
    async open(request) {
      opens.push(request);
      await through("open");
      if (openFault !== undefined && openFault.left > 0) {
        openFault.left -= 1;
        throw openFault.error;
      }
      if (request.startsOver) confirmed = 0;
      return openStream(Math.max(placeOf(request.checkpoint), confirmed), request.signal);
    },
    async measure() {
      measures += 1;
      await through("measure");
      if (measured instanceof Error) throw measured;
      return measured;
    },
  };
}

function changeOf({ id, table = 0, key, text = JSON.stringify(id), timeMs = 0 }: ScriptedChange): SourceChange {
  return { table, id, ...(key !== undefined && { key }), payload: bytes(text), timeMs };
}

function placeOf(checkpoint: unknown): number {
  if (checkpoint === undefined) return 0;
  const { at } = Object(checkpoint);
  if (typeof at !== "number") throw new Error("That is no checkpoint of this source.");
  return at;
}
