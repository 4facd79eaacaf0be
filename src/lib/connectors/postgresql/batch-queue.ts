import type { SourceChange } from "../port.ts";
import type { Lsn } from "./lsn.ts";

export interface BatchLimits {
  readonly countMax: number;
  /** Of payloads. A single change may be larger. */
  readonly bytesMax: number;
}

/** What came in since the last time. */
export interface Taken {
  readonly changes: readonly SourceChange[];
  /** Everything committed up to here was taken; of the transaction behind it a part may have been. */
  readonly lsn: Lsn;
}

/** Between a stream that pushes and a reader that asks: what waits is given all at once. For one of each. */
export interface BatchQueue {
  add(change: SourceChange): void;
  /** A transaction is complete: what waits may go. */
  committed(lsn: Lsn): void;
  /** Nothing for us up to here. On its own that is told only at the next `flush`. */
  passed(lsn: Lsn): void;
  /** Gives a position that went on without a change. */
  flush(): void;
  isFull(): boolean;
  /** Resolves when what waited was taken, or nothing is taken any more. */
  room(): Promise<void>;
  /** `undefined` once the queue ended; fails with what it ended with. */
  take(): Promise<Taken | undefined>;
  /** What waits is given up. */
  end(failure?: Error): void;
}

type Wake = () => void;

export function batchQueue(start: Lsn, { countMax, bytesMax }: BatchLimits): BatchQueue {
  let changes: SourceChange[] = [];
  let bytes = 0;
  let lsn = start;
  let takenLsn = start;
  let isDue = false;
  let end: { readonly failure: Error | undefined } | undefined;
  let [wakeReader, wakeWriter]: [Wake?, Wake?] = [];

  const isFull = () => end === undefined && (changes.length >= countMax || bytes >= bytesMax);

  function due(): void {
    isDue = true;
    wakeReader?.();
    wakeReader = undefined;
  }

  function goOn(): void {
    wakeWriter?.();
    wakeWriter = undefined;
  }

  function passed(next: Lsn): void {
    if (next > lsn) lsn = next;
  }

  return {
    add(change) {
      changes.push(change);
      bytes += change.payload.length;
      if (isFull()) due();
    },
    committed(next) {
      passed(next);
      if (changes.length > 0) due();
    },
    passed,
    flush() {
      if (lsn > takenLsn) due();
    },
    isFull,
    room() {
      if (!isFull()) return Promise.resolve();
      return new Promise((resolve) => {
        wakeWriter = resolve;
      });
    },
    async take() {
      if (!isDue && end === undefined) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
      if (end?.failure !== undefined) throw end.failure;
      if (end !== undefined) return undefined;
      const taken = { changes, lsn };
      changes = [];
      bytes = 0;
      takenLsn = lsn;
      isDue = false;
      goOn();
      return taken;
    },
    end(failure) {
      end ??= { failure };
      changes = [];
      due();
      goOn();
    },
  };
}
