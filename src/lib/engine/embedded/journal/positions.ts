import { ignoreMissing, withFile } from "./files.ts";
import { decodePositions, type IndexedRun } from "./index-file.ts";
import { headerOf } from "./open-sealed.ts";
import { addToRun, type OpenRun, type OpenRuns, type Positions, type Run } from "./run.ts";
import { scanSegment } from "./scan.ts";
import { type JournalFolder, readWhole, type Segment, writeIndex } from "./segment.ts";

/** Where the records of sealed segments lie: read from their indexes when needed, a bounded part of them kept. */
export interface PositionsCache {
  of(run: Run, segment: Segment): Promise<Positions>;
}

export interface PositionsCacheOptions {
  readonly folder: JournalFolder;
  readonly bytesMax: number;
  /** Whether a segment is still a part of the journal. */
  readonly isKept: (segment: Segment) => boolean;
}

export function createPositionsCache({ folder, bytesMax, isKept }: PositionsCacheOptions): PositionsCache {
  const kept = new Map<Run, Positions>();
  let bytes = 0;

  function keep(run: Run, positions: Positions): Positions {
    if (!kept.has(run)) bytes += positions.byteLength;
    kept.set(run, positions);
    for (const [oldest, dropped] of kept) {
      if (bytes <= bytesMax) break;
      kept.delete(oldest);
      bytes -= dropped.byteLength;
    }
    return positions;
  }

  return {
    async of(run, segment) {
      if (isOpen(run)) return run.positions;
      const known = kept.get(run);
      if (known !== undefined) {
        kept.delete(run);
        kept.set(run, known);
        return known;
      }
      const stored = isIndexed(run) ? await readPositions(folder, segment, run) : undefined;
      if (stored !== undefined) return keep(run, stored);
      return isKept(segment) ? keep(run, await scanForPositions(folder, segment, run)) : new Uint32Array(run.count);
    },
  };
}

function isOpen(run: Run): run is OpenRun {
  return "positions" in run;
}

function isIndexed(run: Run): run is IndexedRun {
  return "positionsAt" in run;
}

async function readPositions(folder: JournalFolder, segment: Segment, run: IndexedRun): Promise<Positions | undefined> {
  const bytes = Buffer.alloc(run.count * 4);
  const read = withFile(folder.files, segment.indexPath, (file) => file.read(bytes, run.positionsAt));
  return (await read.catch(ignoreMissing)) === undefined ? undefined : decodePositions(bytes, run);
}

/** The index was damaged after the start: the segment itself says where its records lie. */
async function scanForPositions(folder: JournalFolder, segment: Segment, run: Run): Promise<Positions> {
  folder.report("warn", `The index ${segment.indexPath} is damaged and is made again from its segment.`);
  const positions = new Uint32Array(run.count);
  const bytes = await readWhole(folder.files, segment.path).catch(ignoreMissing);
  const header = bytes && (await headerOf(folder, segment.number, bytes));
  if (header === undefined || bytes === undefined) return positions;
  const runs: OpenRuns = new Map();
  const { lastBatch } = scanSegment(bytes, header, (head, position) => {
    addToRun({ segment: segment.number, runs }, head, position);
    const at = head.offset - run.firstOffset;
    if (head.topicId === run.topicId && at >= 0 && at < run.count) positions[at] = position;
  });
  await writeIndex(folder, { header, bytes: bytes.length, lastBatch }, runs);
  return positions;
}
