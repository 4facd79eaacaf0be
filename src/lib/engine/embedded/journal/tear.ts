import type { Scan } from "./scan.ts";

/** What the rest of the data directory says about the last segment. */
export interface KnownDurable {
  /** Everything below this position was noted as durable. */
  readonly bytes: number;
  /** Whether every offset that the state refers to would still be there if the segment ended at `position`. */
  readonly survivesCut: (position: number) => boolean;
}

/**
 * Where the last segment was torn by a crash in the middle of a write, so that it may be cut there: nothing behind it was ever
 * acknowledged. That holds for bytes that no frame of a later batch follows, as a batch begins only after the sync of the one before,
 * and that nothing else knows as durable. Every other bad region is damage, and damage is never cut.
 */
export function tornAt(scan: Scan, known: KnownDurable): number | undefined {
  const torn = scan.bad.find(({ from, batch }) => from >= known.bytes && scan.lastBatch <= batch);
  return torn !== undefined && known.survivesCut(torn.from) ? torn.from : undefined;
}
