import type { ReadLimits } from "../../engine/port.ts";

/** Every bound and period of the part that runs connectors. Tests make them small. */
export interface ConnectorLimits {
  /** What one append carries at most; a source's batch that holds more is several appends, in order. */
  readonly page: ReadLimits;
  /** What is known is written at most this often, unless it turns. So much comes again after a crash, and is recognised. */
  readonly reportPeriodMs: number;
  readonly measurePeriodMs: number;
  /** What failed inside, and an engine that is overloaded, is tried again after this. */
  readonly retryMs: number;
  /** After a batch without an event: a source that has nothing but empty ones leaves the process to others. */
  readonly emptyMs: number;
  /** A source has this long to let go. */
  readonly closeMs: number;
  /** A hold ends within this, whatever the source and the engine do. */
  readonly releaseMs: number;
  /** A stream that went well for this long is no failure in a row with the one before. */
  readonly steadyMs: number;
}

export const LIMITS: ConnectorLimits = {
  page: { countMax: 1_000, bytesMax: 1_048_576 },
  reportPeriodMs: 1_000,
  measurePeriodMs: 10_000,
  retryMs: 1_000,
  emptyMs: 10,
  closeMs: 5_000,
  releaseMs: 10_000,
  steadyMs: 60_000,
};
