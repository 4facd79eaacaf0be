import type { DatabaseAddress, SnapshotMode, TableName } from "../domain/connector.ts";
import {
  type Fault,
  type FaultCode,
  PASSING_FAULTS,
  type SnapshotProgress,
  type SourceLag,
} from "../domain/connector-report.ts";

/**
 * What a connector asks of a kind of database. Nothing of a driver crosses it; a kind is a folder beside this file. The broker's side
 * (`broker/connectors/`) appends what a stream yields and says what is safe; it knows no database.
 */
export interface Source {
  /** Looks at everything that has to hold, all at once, and changes nothing. Never fails for what it finds. */
  check(wish: SourceWish): Promise<readonly SourceCheck[]>;
  /** What could be captured, by schema and name. Fails with `SourceError`. */
  tables(database: DatabaseAddress): Promise<readonly SourceTable[]>;
  /** Makes what is missing in the database (publication, slot), and begins where the checkpoint says. Fails with `SourceError`. */
  open(request: OpenSource): Promise<SourceStream>;
  /** How far behind, and what the database keeps for it; asked while the stream is open, paused or failed. Fails with `SourceError`. */
  measure(settings: SourceSettings): Promise<SourceMeasure>;
  /** Removes what `open` made, so that the database keeps nothing back any more. What is not there is fine. Fails with `SourceError`. */
  remove(settings: SourceSettings): Promise<void>;
}

export interface SourceSettings {
  readonly database: DatabaseAddress;
  /** In the order in which changes name them. */
  readonly tables: readonly TableName[];
  readonly slot: string;
  readonly publication: string;
  readonly ownsPublication: boolean;
  readonly snapshot: SnapshotMode;
}

/** What is about to be created, or changed. */
export interface SourceWish extends SourceSettings {
  /** The slot is there already and needs no free place. */
  readonly hasSlot: boolean;
}

export interface SourceCheck {
  /** What was looked at, such as `wal_level`; stable, for programs. */
  readonly check: string;
  readonly result: "ok" | "warning" | "error" | "skipped";
  /** What was found, in words. */
  readonly message: string;
  /** The SQL or the setting that mends it; `null` where nothing is to be mended. */
  readonly fix: string | null;
}

export interface SourceTable extends TableName {
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
  /** `null`: the database does not know. */
  readonly rowsExpected: number | null;
  /** Why it cannot be captured; `null`: it can. */
  readonly problem: string | null;
}

export interface OpenSource {
  readonly settings: SourceSettings;
  /** Of the last batch that was made safe; `undefined`: begin from scratch, with a slot of its own. Another form is refused. */
  readonly checkpoint: unknown;
  /** Throw away a slot of that name first: it belongs to an earlier beginning. */
  readonly startsOver: boolean;
  /** Ends the opening, and the stream. */
  readonly signal: AbortSignal;
}

export interface SourceStream {
  /**
   * The next changes in the order of their commits (a snapshot's rows before all), waited for. Changes of a transaction come together or in
   * parts, in order; nothing of an aborted one ever comes. What waits inside is bounded: a broker that is slow slows the source down.
   * `undefined` once the stream was closed. Fails with `SourceError`, and then for good.
   */
  next(): Promise<SourceBatch | undefined>;
  /** All changes up to and with this batch are durable: the database may forget them. */
  safe(batch: SourceBatch): void;
  /** Tables that the database does not tell about any more, and the like: what is wrong although changes flow. */
  warnings(): readonly Fault[];
  /** Tells the database what is safe, and lets go. Calling it twice is fine. */
  close(): Promise<void>;
}

export interface SourceBatch {
  /** May be empty: the position went on. */
  readonly changes: readonly SourceChange[];
  /** Hand this to `open` to go on behind this batch; a small JSON value. */
  readonly checkpoint: unknown;
  /** The same in words: an LSN. */
  readonly position: string;
  /** Set while the rows of the beginning are read, and in the batch that ends it. */
  readonly snapshot: SnapshotProgress | null;
  /** More of the snapshot follows. Where it has no changes as well, its checkpoint is durable before the next batch is stored. */
  readonly isSnapshot: boolean;
}

export interface SourceChange {
  /** Index into the settings' tables. */
  readonly table: number;
  /** Made from the position: a repeat has the same, and the same bytes. Keeps to a message id's form. */
  readonly id: string;
  /** The row's primary key as a message key; left out for what concerns the table as a whole. */
  readonly key?: string;
  /** The event as JSON. */
  readonly payload: Uint8Array;
  /** When it was committed. */
  readonly timeMs: number;
}

export interface SourceMeasure {
  /** `null`: where nothing is kept for it, nobody knows what was missed. */
  readonly lag: SourceLag | null;
  readonly retainedBytes: number | null;
  readonly warnings: readonly Fault[];
}

/** All others wait for somebody. */
const PASSING: ReadonlySet<FaultCode> = new Set(PASSING_FAULTS);

/** The only failure of a source. Holds no secret. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly fault: Fault;

  constructor(fault: Fault, options: { readonly cause?: unknown } = {}) {
    super(fault.message, options);
    this.fault = fault;
  }

  get passes(): boolean {
    return PASSING.has(this.fault.code);
  }
}
