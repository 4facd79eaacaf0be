import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Report } from "../../../domain/report.ts";
import { type Files, ignoreMissing, type OpenFile, withFile } from "./files.ts";
import {
  decodeIndex,
  encodeIndex,
  INDEX_PREFIX_BYTES,
  type IndexedRun,
  type SegmentIndex,
  tableBytes,
} from "./index-file.ts";
import type { OpenRuns, Run } from "./run.ts";
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from "./segment-header.ts";

export interface JournalFolder {
  readonly files: Files;
  readonly path: string;
  readonly report: Report;
}

/** One file of the journal. */
export interface Segment {
  readonly number: number;
  readonly seed: number;
  readonly path: string;
  readonly indexPath: string;
  /** Up to the last durable batch. */
  bytes: number;
  runs: ReadonlyMap<string, Run>;
  /** Lost its header and its index: kept, for whoever can read it, and never unlinked. */
  readonly unreadable?: true;
}

/** The one that is written to. */
export interface ActiveSegment extends Segment {
  runs: OpenRuns;
  readonly header: SegmentHeader;
  readonly file: OpenFile;
  /** Of the file; behind `bytes` it holds zeros. */
  fileBytes: number;
}

const DIGITS = 16;

export function segmentPaths(folder: Pick<JournalFolder, "path">, number: number): { path: string; indexPath: string } {
  const name = String(number).padStart(DIGITS, "0");
  return { path: join(folder.path, `${name}.segment`), indexPath: join(folder.path, `${name}.index`) };
}

/** Ascending. */
export async function segmentNumbers(folder: JournalFolder, kind: "segment" | "index" = "segment"): Promise<number[]> {
  const names = (await folder.files.list(folder.path)).filter((name) => name.endsWith(`.${kind}`));
  const numbers = names.flatMap((name) => /^(\d{16})\./.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** Written, and not yet durable: `syncNewSegment` comes before anything is written behind the header. */
export async function createSegment(
  folder: JournalFolder,
  { number, firstBatch }: Omit<SegmentHeader, "seed">,
): Promise<ActiveSegment> {
  const paths = segmentPaths(folder, number);
  const header = { number, firstBatch, seed: randomBytes(4).readUInt32LE() };
  const file = await folder.files.create(paths.path);
  try {
    await file.write(encodeSegmentHeader(header), 0);
  } catch (error) {
    await file.close();
    await folder.files.unlink(paths.path);
    throw error;
  }
  const bytes = SEGMENT_HEADER_BYTES;
  return { ...paths, number, seed: header.seed, header, file, bytes, fileBytes: bytes, runs: new Map() };
}

/** Header and name survive a power cut once it resolves. */
export async function syncNewSegment(folder: JournalFolder, segment: ActiveSegment): Promise<void> {
  await segment.file.sync();
  await folder.files.syncFolder(folder.path);
}

export function readWhole(files: Files, path: string): Promise<Buffer> {
  return withFile(files, path, async (file) => {
    const bytes = Buffer.allocUnsafe(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  });
}

/**
 * Writes the index of a sealed segment and gives its runs without their positions. Not synced: one that is not whole is made again
 * from its segment. Where there is no room for it, the positions stay in memory.
 */
export async function writeIndex(
  folder: JournalFolder,
  index: Omit<SegmentIndex, "runs">,
  runs: OpenRuns,
): Promise<ReadonlyMap<string, Run>> {
  const { indexPath } = segmentPaths(folder, index.header.number);
  const bytes = encodeIndex(index, runs.values());
  try {
    await folder.files.unlink(indexPath).catch(ignoreMissing);
    await createWith(folder.files, indexPath, bytes);
  } catch (cause) {
    folder.report("warn", `The index ${indexPath} could not be written; the next start reads its segment instead.`, {
      cause: String(cause),
    });
    return runs;
  }
  return runsOf(decodeIndex(bytes));
}

/** `undefined` when there is none, or none that is whole. */
export async function readIndex({ files }: JournalFolder, indexPath: string): Promise<SegmentIndex | undefined> {
  const read = withFile(files, indexPath, async (file) => {
    const front = Buffer.alloc(INDEX_PREFIX_BYTES);
    await file.read(front, 0);
    const table = Buffer.alloc(Math.min(tableBytes(front), await file.size()));
    await file.read(table, 0);
    return decodeIndex(table);
  });
  return read.catch(ignoreMissing);
}

async function createWith(files: Files, path: string, bytes: Buffer): Promise<void> {
  const file = await files.create(path);
  try {
    await file.write(bytes, 0);
  } finally {
    await file.close();
  }
}

export function runsOf(index: SegmentIndex | undefined): ReadonlyMap<string, IndexedRun> {
  return new Map(index?.runs.map((run) => [run.topicId, run]));
}
