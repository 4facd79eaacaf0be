import { isUnborn, type LastSegment, openLast } from "./open-last.ts";
import { type OnFrame, type OpenedSegment, openByIndex, openByScan } from "./open-sealed.ts";
import { type Run, runEnd } from "./run.ts";
import {
  type ActiveSegment,
  createSegment,
  type JournalFolder,
  type Segment,
  segmentNumbers,
  segmentPaths,
  syncNewSegment,
  writeIndex,
} from "./segment.ts";

/** How far the state knows the journal: everything before is durable and has been indexed. */
export interface JournalPosition {
  readonly segment: number;
  readonly bytes: number;
  readonly batch: number;
}

export interface RecoverOptions {
  readonly through: JournalPosition;
  /** By topic id: the offset after the last one that the state knows to be durable. */
  readonly knownEnds: ReadonlyMap<string, number>;
  /** By topic id: offsets below this are accounted for already, whether the journal still has them or not. */
  readonly accountedEnds: ReadonlyMap<string, number>;
  /** Told of the frames behind `through`, in order. */
  readonly onFrame: OnFrame;
  /** May throw: then nothing more is done, and what was found stays as it is. */
  readonly judge: (found: Found) => void;
}

export interface Recovered {
  /** Ascending; the last is `active`. */
  readonly segments: readonly Segment[];
  readonly active: ActiveSegment;
  readonly nextBatch: number;
  readonly foundEnds: ReadonlyMap<string, number>;
}

/** What the files say, before anything is made of it. */
export interface Found {
  /** By topic id: the offset after the last record found or accounted for. */
  readonly foundEnds: ReadonlyMap<string, number>;
  /** A file, or the end of one, that the state knows is not there. */
  readonly missing: boolean;
  /** Bytes that cannot be read, where what the state knows may have been. */
  readonly damaged: boolean;
}

/** Opens every segment: sealed ones by their index, what is behind `through` by reading it, the last as a crash may have left it. */
export async function recoverJournal(folder: JournalFolder, options: RecoverOptions): Promise<Recovered> {
  const { through, knownEnds } = options;
  const numbers = await segmentNumbers(folder);
  await dropOrphans(folder, numbers);
  const unborn = await dropUnborn(folder, numbers, through);
  const lastNumber = unborn ? undefined : numbers.pop();
  const ends = new Map(options.accountedEnds);
  const sealed: OpenedSegment[] = [];
  for (const number of numbers) {
    const opened = await openSealed(folder, number, options);
    raise(ends, opened.segment.runs.values());
    sealed.push(opened);
  }
  const last = lastNumber === undefined ? undefined : await openNewest(folder, lastNumber, { options, ends });
  raise(ends, last?.segment.runs.values() ?? []);
  const nextBatch = 1 + Math.max(through.batch, last?.lastBatch ?? 0, ...sealed.map(({ lastBatch }) => lastBatch));
  const newest = Math.max(lastNumber ?? 0, ...numbers);
  options.judge({
    foundEnds: ends,
    missing: newest < through.segment || (last?.cutShort ?? false),
    damaged: [...sealed, ...(last === undefined ? [] : [last])].some(({ damaged }) => damaged),
  });
  const writeOn = (last?.writable ?? false) && holdsAll(ends, knownEnds);
  const active =
    writeOn && last !== undefined
      ? await reopen(folder, last)
      : await begin(folder, { number: Math.max(newest, through.segment) + 1, firstBatch: nextBatch });
  const before = sealed.map(({ segment }) => segment);
  if (!writeOn && last !== undefined) before.push(await seal(folder, last));
  return { segments: [...before, active], active, nextBatch, foundEnds: ends };
}

/** A segment that was never begun is taken away: then the one before it was written, and synced, to its end. */
async function dropUnborn(folder: JournalFolder, numbers: number[], through: JournalPosition): Promise<boolean> {
  const last = numbers.at(-1);
  if (last === undefined || last <= through.segment || !(await isUnborn(folder, last))) return false;
  numbers.pop();
  await folder.files.unlink(segmentPaths(folder, last).path);
  await folder.files.syncFolder(folder.path);
  return true;
}

/** Indexes of segments that were removed: a crash can leave the one without the other. */
async function dropOrphans(folder: JournalFolder, numbers: readonly number[]): Promise<void> {
  for (const number of await segmentNumbers(folder, "index")) {
    if (!numbers.includes(number)) await folder.files.unlink(segmentPaths(folder, number).indexPath);
  }
}

async function openSealed(folder: JournalFolder, number: number, options: RecoverOptions): Promise<OpenedSegment> {
  const { through, onFrame } = options;
  const byIndex = number < through.segment ? await openByIndex(folder, number) : undefined;
  if (byIndex !== undefined) return byIndex;
  return openByScan(folder, number, onFrameBehind(number, through, onFrame));
}

function openNewest(
  folder: JournalFolder,
  number: number,
  { options, ends }: { options: RecoverOptions; ends: ReadonlyMap<string, number> },
): Promise<LastSegment> {
  const { through, knownEnds, onFrame } = options;
  return openLast(folder, number, {
    durableBytes: number === through.segment ? through.bytes : number < through.segment ? Number.POSITIVE_INFINITY : 0,
    holdsAllKnown: (runs) => holdsAll(raise(new Map(ends), runs.values()), knownEnds),
    onFrame: onFrameBehind(number, through, onFrame),
  });
}

function onFrameBehind(number: number, through: JournalPosition, onFrame: OnFrame): OnFrame {
  return (head, bytes, position) => {
    const behind = number > through.segment || (number === through.segment && position >= through.bytes);
    if (behind && head.dedupeWindowMs > 0) onFrame(head, bytes, position);
  };
}

async function begin(folder: JournalFolder, about: { number: number; firstBatch: number }): Promise<ActiveSegment> {
  const segment = await createSegment(folder, about);
  await syncNewSegment(folder, segment);
  return segment;
}

async function reopen(folder: JournalFolder, { segment, contents }: LastSegment): Promise<ActiveSegment> {
  if (contents === undefined) throw new TypeError("Only a segment that was read can be written on.");
  return { ...segment, ...contents, file: await folder.files.open(segment.path) };
}

async function seal(folder: JournalFolder, { segment, contents, lastBatch }: LastSegment): Promise<Segment> {
  if (contents === undefined) return segment;
  const about = { header: contents.header, bytes: segment.bytes, lastBatch };
  return { ...segment, runs: await writeIndex(folder, about, contents.runs) };
}

function raise(ends: Map<string, number>, runs: Iterable<Run>): Map<string, number> {
  for (const run of runs) ends.set(run.topicId, Math.max(ends.get(run.topicId) ?? 0, runEnd(run)));
  return ends;
}

function holdsAll(ends: ReadonlyMap<string, number>, known: ReadonlyMap<string, number>): boolean {
  return [...known].every(([topicId, end]) => end <= (ends.get(topicId) ?? 0));
}
