import { withFile } from "./files.ts";
import type { FrameHead } from "./frame.ts";
import type { SegmentIndex } from "./index-file.ts";
import { addToRun, type OpenRuns } from "./run.ts";
import { type BadRegion, scanSegment } from "./scan.ts";
import { type JournalFolder, readIndex, readWhole, runsOf, type Segment, segmentPaths, writeIndex } from "./segment.ts";
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-header.ts";

/** Told of each whole frame that is read while opening, with the segment's bytes. */
export type OnFrame = (head: FrameHead, bytes: Buffer, position: number) => void;

export interface OpenedSegment {
  readonly segment: Segment;
  readonly lastBatch: number;
  /** Bytes in it are known not to be readable. */
  readonly damaged: boolean;
}

/** By its index, so that a start does not read it. Damage in it shows when its records are read. */
export async function openByIndex(folder: JournalFolder, number: number): Promise<OpenedSegment | undefined> {
  const paths = segmentPaths(folder, number);
  const index = await readIndex(folder, paths.indexPath);
  if (index === undefined || index.header.number !== number) return undefined;
  const bytes = await withFile(folder.files, paths.path, (file) => file.size());
  if (bytes < index.bytes) {
    folder.report(
      "error",
      `The journal's file ${paths.path} is shorter than it was: what is missing counts as damaged.`,
      {
        bytes,
        bytesBefore: index.bytes,
      },
    );
  }
  const segment = { ...paths, number, seed: index.header.seed, bytes: index.bytes, runs: runsOf(index) };
  return { segment, lastBatch: index.lastBatch, damaged: false };
}

/** By reading all of it; what it finds damaged is reported and left as it is. Writes the index anew. */
export async function openByScan(folder: JournalFolder, number: number, onFrame: OnFrame): Promise<OpenedSegment> {
  const paths = segmentPaths(folder, number);
  const bytes = await readWhole(folder.files, paths.path);
  const header = await headerOf(folder, number, bytes);
  if (header === undefined) return { segment: unreadable(folder, number, bytes.length), lastBatch: 0, damaged: true };
  const runs: OpenRuns = new Map();
  const scan = scanSegment(bytes, header, (head, position) => {
    addToRun({ segment: number, runs }, head, position);
    onFrame(head, bytes, position);
  });
  reportDamage(folder, paths.path, scan.bad);
  const about: Omit<SegmentIndex, "runs"> = { header, bytes: scan.end, lastBatch: scan.lastBatch };
  const segment = {
    ...paths,
    number,
    seed: header.seed,
    bytes: scan.end,
    runs: await writeIndex(folder, about, runs),
  };
  return { segment, lastBatch: scan.lastBatch, damaged: scan.bad.length > 0 };
}

/** The seed stands in the index as well: a header that lost both copies costs nothing while there is one. */
export async function headerOf(
  folder: JournalFolder,
  number: number,
  bytes: Buffer,
): Promise<SegmentHeader | undefined> {
  const own = decodeSegmentHeader(bytes.subarray(0, SEGMENT_HEADER_BYTES));
  if (own?.number === number) return own;
  const index = await readIndex(folder, segmentPaths(folder, number).indexPath);
  return index?.header.number === number ? index.header : undefined;
}

export function unreadable(folder: JournalFolder, number: number, bytes: number): Segment {
  const paths = segmentPaths(folder, number);
  folder.report("error", `The journal's file ${paths.path} cannot be read: all its messages count as damaged.`, {
    bytes,
  });
  return { ...paths, number, seed: 0, bytes, runs: new Map(), unreadable: true };
}

export function reportDamage(folder: JournalFolder, path: string, bad: readonly BadRegion[]): void {
  for (const { from, to } of bad) {
    folder.report("error", `The journal's file ${path} is damaged: the messages there are lost, the rest is served.`, {
      from,
      to,
    });
  }
}
