/** What passes, or may: it is tried again by itself. */
export const PASSING_FAULTS = [
  "database_unreachable",
  "authentication_failed",
  "secret_missing",
  "not_allowed",
  "no_free_slot",
  "slot_in_use",
  "broker_full",
  "unexpected",
] as const;

/** What can keep a connector from its work, or will; each has its section in docs/connectors-troubleshooting.md. */
export const FAULT_CODES = [
  ...PASSING_FAULTS,
  // needs somebody
  "slot_lost",
  "publication_missing",
  "replica_identity",
  "key_changed",
  "row_too_large",
  "other_database",
  "wal_level",
  "topic_missing",
  // goes on, and says so
  "table_missing",
  "retained_wal",
] as const;

export type FaultCode = (typeof FAULT_CODES)[number];

/** In words for an operator: what is the matter, and the exact next step. In a source's hint `<name>` stands for the connector's name. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
  readonly hint: string;
}

/**
 * `starting`: no position yet. `degraded`: changes flow, but something is wrong. `retrying`: the fault may pass, it is tried again.
 * `failed`: it waits for somebody; nothing is lost meanwhile.
 */
export const CONNECTOR_STATUSES = [
  "starting",
  "snapshot",
  "streaming",
  "degraded",
  "retrying",
  "failed",
  "paused",
] as const;

export type ConnectorStatus = (typeof CONNECTOR_STATUSES)[number];

/** How far the rows that were there at the beginning are read. */
export interface SnapshotProgress {
  readonly tables: readonly {
    readonly schema: string;
    readonly table: string;
    readonly rows: number;
    /** As the database estimates it; `null`: it does not know. */
    readonly rowsExpected: number | null;
    readonly done: boolean;
  }[];
}

/** Rises until the connector begins from scratch. */
export interface ConnectorCounts {
  /** Events in the topics. */
  readonly changes: number;
  /** Events that were there already, recognised by their id and not stored again. */
  readonly duplicates: number;
  /** Rows that were left out because their event is over the limit. */
  readonly oversize: number;
}

/** How far behind the database. */
export interface SourceLag {
  readonly bytes: number;
  readonly ms: number;
}

/** What the owner of a connector last told: the position to go on from, and how it is. Every time is wall time. */
export interface ConnectorReport {
  readonly incarnation: number;
  readonly status: ConnectorStatus;
  /** Since when the status is so. */
  readonly sinceMs: number;
  /** Set while `retrying` and `failed`. */
  readonly fault: Fault | null;
  readonly warnings: readonly Fault[];
  /** Set while `retrying`. */
  readonly retryAtMs: number | null;
  /** The source's own, handed back to it; `null`: from the beginning. */
  readonly checkpoint: unknown;
  /** Where the checkpoint is, in the source's words (an LSN); `null`: nowhere yet. */
  readonly position: string | null;
  /** `null`: there is none to read. */
  readonly snapshot: SnapshotProgress | null;
  readonly counts: ConnectorCounts;
  /** Commit time of the last change in the topics. */
  readonly lastChangeAtMs: number | null;
  /** `null`: not known. */
  readonly lag: SourceLag | null;
  /** Log that the database keeps for this connector; `null`: not known. */
  readonly retainedBytes: number | null;
  readonly measuredAtMs: number | null;
  /** Set from the moment on when an earlier beginning was thrown away until the source has begun anew: what it kept is of the earlier one. */
  readonly startsOver?: boolean;
}
