import type { Scan } from "./scan.ts";

/**
 * Where the last segment was torn by a crash in the middle of a write, so that it may be cut there: nothing behind it was ever
 * acknowledged. That holds for bytes that no frame of a later batch follows, as a batch begins only after the sync of the one before,
 * and that nobody knows as durable: `survivesCut` says whether all that the state refers to would still be there. Every other bad
 * region is damage, and damage is never cut.
 */
export function tornAt(scan: Scan, survivesCut: (position: number) => boolean): number | undefined {
  const torn = scan.bad.find(({ batch }) => scan.lastBatch <= batch);
  return torn !== undefined && survivesCut(torn.from) ? torn.from : undefined;
}
