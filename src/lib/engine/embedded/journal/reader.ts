import type { StoredMessage } from "../../../domain/message.ts";
import type { Report } from "../../../domain/report.ts";
import { ignoreMissing, type OpenFile } from "./files.ts";
import { claimedLength, FRAME_HEADER_BYTES, frameHead, frameLength, frameMessage } from "./frame.ts";
import type { OpenFiles } from "./open-files.ts";
import type { PositionsCache } from "./positions.ts";
import { type Positions, type Run, runEnd } from "./run.ts";
import type { Segment } from "./segment.ts";

/** Records of one run as they lie on disk, `undefined` for each that cannot be read. Ascending and without a gap. */
export type FromDisk = readonly (StoredMessage | undefined)[];

export interface DiskReader {
  /**
   * Some of the records from `offset` on, at least one: what one read of the disk gives, at most `countMax`. None of them can be read
   * when the segment was removed meanwhile; whoever asks knows whether it was trimmed.
   */
  read(run: Run, offset: number, countMax: number): Promise<FromDisk>;
  /** The first offset of the run whose record has a time at or after `timeMs`; its end if there is none. */
  offsetAt(run: Run, timeMs: number): Promise<number>;
}

export interface DiskReaderOptions {
  readonly openFiles: OpenFiles;
  readonly positions: PositionsCache;
  readonly segmentOf: (run: Run) => Segment | undefined;
  readonly readBytesMax: number;
  readonly report: Report;
}

/** What a record takes at first guess, behind the last position that one read is meant to cover. */
const FRAME_BYTES_GUESS = 4_096;
/** Records of one topic that lie further apart are read one by one. */
const GAP_BYTES_MAX = 32_768;
/** Places already reported, so that each is told once; above this the oldest may be told again. */
const REPORTED_MAX = 10_000;

export function createDiskReader(options: DiskReaderOptions): DiskReader {
  const { openFiles, positions, segmentOf, readBytesMax } = options;
  const reportDamaged = createDamageReport(options.report);

  async function read(run: Run, offset: number, countMax: number): Promise<FromDisk> {
    const segment = segmentOf(run);
    if (segment === undefined) return [undefined];
    const places = await positions.of(run, segment);
    const first = offset - run.firstOffset;
    const covered = coveredCount(places.subarray(first, run.count), { countMax, bytesMax: readBytesMax });
    const wanted = places.subarray(first, first + covered);
    const records = wanted[0] === 0 ? [undefined] : await fromSegment(segment, wanted, { run, offset });
    if (segmentOf(run) === undefined) return records;
    for (const [index, record] of records.entries())
      if (record === undefined) reportDamaged(segment, run, offset + index);
    return records;
  }

  async function fromSegment(segment: Segment, wanted: Positions, expected: Expected): Promise<FromDisk> {
    const records = openFiles.use(segment.path, async (file) => {
      const from = wanted[0] ?? 0;
      const bytes = await readAt(file, from, (wanted.at(-1) ?? from) - from + FRAME_BYTES_GUESS);
      const length = claimedLength(bytes, 0);
      const enough = length > bytes.length ? await readAt(file, from, length) : bytes;
      return decodeAll(enough, wanted, { ...expected, seed: segment.seed });
    });
    return (await records.catch(ignoreMissing)) ?? Array.from(wanted, () => undefined);
  }

  async function offsetAt(run: Run, timeMs: number): Promise<number> {
    // Of a run that is all younger, as where nothing has expired, nothing is read: each lag asks.
    if (timeMs <= run.firstTimeMs) return run.firstOffset;
    let [low, high] = [run.firstOffset, runEnd(run)];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [at, record] = await firstWhole(run, { from: middle, to: high });
      if (record !== undefined && record.timeMs < timeMs) low = at + 1;
      else high = middle;
    }
    return low;
  }

  /** A damaged record has no time: the next whole one speaks for it. */
  async function firstWhole(run: Run, { from, to }: { from: number; to: number }): Promise<[number, StoredMessage?]> {
    for (let at = from; at < to; at += 1) {
      const [record] = await read(run, at, 1);
      if (record !== undefined) return [at, record];
    }
    return [to];
  }

  return { read, offsetAt };
}

/** The run that is read, and the offset that stands at the first position. */
interface Expected {
  readonly run: Run;
  readonly offset: number;
}

/** How many records one read covers: those that lie close behind the first, up to the first lost one. */
function coveredCount(places: Positions, { countMax, bytesMax }: { countMax: number; bytesMax: number }): number {
  const first = places[0] ?? 0;
  let count = 1;
  let before = first;
  for (; count < Math.min(countMax, places.length); count += 1) {
    const place = places[count] ?? 0;
    if (place === 0 || place - before > GAP_BYTES_MAX || place - first > bytesMax) break;
    before = place;
  }
  return count;
}

async function readAt(file: OpenFile, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, await file.read(bytes, from));
}

/** Ends early before a frame that `bytes` holds only a part of, but for the first. */
function decodeAll(
  bytes: Buffer,
  wanted: Positions,
  { run, offset, seed }: Expected & { readonly seed: number },
): FromDisk {
  const records: (StoredMessage | undefined)[] = [];
  const from = wanted[0] ?? 0;
  for (const [index, position] of wanted.entries()) {
    const at = position - from;
    const whole = frameLength(bytes, at, seed) !== 0;
    const partly = at + Math.max(FRAME_HEADER_BYTES, claimedLength(bytes, at)) > bytes.length;
    if (!whole && partly && index > 0) break;
    const head = whole ? frameHead(bytes, at) : undefined;
    const expected = head?.topicId === run.topicId && head.offset === offset + index;
    records.push(expected ? frameMessage(bytes, at) : undefined);
  }
  return records;
}

function createDamageReport(report: Report): (segment: Segment, run: Run, offset: number) => void {
  const reported = new Set<string>();
  return (segment, { topicId }, offset) => {
    const place = `${topicId} ${offset}`;
    if (reported.has(place)) return;
    if (reported.size >= REPORTED_MAX) reported.clear();
    reported.add(place);
    const fields = { path: segment.path, topicId, offset };
    report("error", "A message on disk is damaged: it is lost, and the rest is served.", fields);
  };
}
