import { withFile } from "./files.ts";
import type { FrameHead } from "./frame.ts";
import { headerOf, type OnFrame, reportDamage, unreadable } from "./open-sealed.ts";
import { addToRun, type OpenRuns } from "./run.ts";
import { type Scan, scanSegment } from "./scan.ts";
import { type ActiveSegment, type JournalFolder, readWhole, type Segment, segmentPaths } from "./segment.ts";
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-header.ts";
import { tornAt } from "./tear.ts";

export interface LastSegment {
  readonly segment: Segment;
  /** Its header and what it holds; missing when it cannot be read. */
  readonly contents?: Pick<ActiveSegment, "header" | "runs" | "fileBytes">;
  /** It is whole and ends with a complete batch, so that it can be written on. */
  readonly writable: boolean;
  readonly lastBatch: number;
  /** It holds bytes that cannot be read. */
  readonly damaged: boolean;
  /** Bytes are missing at its end: it is shorter than the state knows, or ends within a frame. */
  readonly cutShort: boolean;
}

export interface LastSegmentFacts {
  /** Everything below this position is known as durable. */
  readonly durableBytes: number;
  /** Whether all that the state refers to is in `runs` or in the segments before. */
  readonly holdsAllKnown: (runs: OpenRuns) => boolean;
  readonly onFrame: OnFrame;
}

/** Created, and the power failed before its header was durable: nothing was ever written behind it. */
export async function isUnborn(folder: JournalFolder, number: number): Promise<boolean> {
  const { path } = segmentPaths(folder, number);
  const size = await withFile(folder.files, path, (file) => file.size());
  if (size > SEGMENT_HEADER_BYTES) return false;
  return (await headerOf(folder, number, await readWhole(folder.files, path))) === undefined;
}

/** Reads all of the segment that was written to last: cuts what a crash tore, and leaves what is damaged. */
export async function openLast(folder: JournalFolder, number: number, facts: LastSegmentFacts): Promise<LastSegment> {
  const paths = segmentPaths(folder, number);
  const whole = await readWhole(folder.files, paths.path);
  const header = await headerOf(folder, number, whole);
  if (header === undefined) {
    const segment = unreadable(folder, number, whole.length);
    return { segment, writable: false, lastBatch: 0, damaged: true, cutShort: whole.length < facts.durableBytes };
  }
  const all = readThrough(whole, header);
  const cut = tornAt(all.scan, (position) =>
    facts.holdsAllKnown(readThrough(whole.subarray(0, position), header).runs),
  );
  if (cut !== undefined) await cutAt(folder, { path: paths.path, from: whole.length, to: cut });
  await makeDurable(folder, paths.path);
  const { runs, scan, bytes, withCallersId } = cut === undefined ? all : readThrough(whole.subarray(0, cut), header);
  for (const { head, position } of withCallersId) facts.onFrame(head, bytes, position);
  reportDamage(folder, paths.path, scan.bad);
  const segment = { ...paths, number, seed: header.seed, bytes: scan.end, runs };
  const cutShort = scan.end < facts.durableBytes || scan.bad.some((region) => region.cutShort);
  const damaged = scan.bad.length > 0;
  const writable = !damaged && !cutShort && scan.lastComplete;
  const contents = { header, runs, fileBytes: bytes.length };
  return { segment, contents, writable, lastBatch: scan.lastBatch, damaged, cutShort };
}

interface ReadThrough {
  readonly bytes: Buffer;
  readonly runs: OpenRuns;
  readonly scan: Scan;
  readonly withCallersId: readonly { head: FrameHead; position: number }[];
}

function readThrough(bytes: Buffer, header: SegmentHeader): ReadThrough {
  const runs: OpenRuns = new Map();
  const withCallersId: { head: FrameHead; position: number }[] = [];
  const scan = scanSegment(bytes, header, (head, position) => {
    addToRun({ segment: header.number, runs }, head, position);
    if (head.dedupeWindowMs > 0) withCallersId.push({ head, position });
  });
  return { bytes, runs, scan, withCallersId };
}

/**
 * A process that was killed may have written what it did not live to sync, name of the file included. From now on that is served, and
 * others will stand on it: it must survive a power cut like the rest.
 */
async function makeDurable(folder: JournalFolder, path: string): Promise<void> {
  await withFile(folder.files, path, (file) => file.sync());
  await folder.files.syncFolder(folder.path);
}

async function cutAt(
  folder: JournalFolder,
  { path, from, to }: { path: string; from: number; to: number },
): Promise<void> {
  await withFile(folder.files, path, (file) => file.truncate(to));
  const message = "The last write was torn by a crash and was cut off; nothing in it had been acknowledged.";
  folder.report("info", message, { path, bytes: from - to });
}
