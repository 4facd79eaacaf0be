import { diskFull, isOutOfSpace } from "../fault.ts";
import { type AppendDurably, appendDurably } from "./append-durably.ts";
import type { JournalPosition } from "./recover.ts";
import {
  type ActiveSegment,
  createSegment,
  type JournalFolder,
  type Segment,
  syncNewSegment,
  writeIndex,
} from "./segment.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-header.ts";

/** Where the next batch goes. */
export interface Place {
  readonly segment: ActiveSegment;
  readonly position: number;
  readonly batch: number;
}

export interface JournalWriter {
  /** Where a batch of at most `bytesBound` goes: begins a new segment when the present one has no room for it. */
  place(bytesBound: number): Promise<Place>;
  /** The next batch, at the place that was given for it: see `appendDurably`. */
  write(bytes: Buffer): Promise<void>;
  /** What is durable. */
  position(): JournalPosition;
  /** Leaves no zeros behind the last batch. */
  close(): Promise<void>;
}

export interface JournalWriterOptions extends AppendDurably {
  readonly folder: JournalFolder;
  readonly active: ActiveSegment;
  readonly nextBatch: number;
  /** A segment was begun. */
  readonly onBegun: (segment: ActiveSegment) => void;
  /** A segment got its index: `runs` take the place of those in memory. */
  readonly onIndexed: (segment: Segment, runs: Segment["runs"]) => void;
}

export function createJournalWriter(options: JournalWriterOptions): JournalWriter {
  const { folder, segmentBytesMax, failStop, onBegun, onIndexed } = options;
  let { active, nextBatch } = options;
  const indexing = new Set<Promise<void>>();

  async function roll(): Promise<void> {
    const sealed = active;
    const begun = await create({ number: sealed.number + 1, firstBatch: nextBatch });
    await syncNewSegment(folder, begun).catch((cause: unknown) => {
      throw failStop.fail("A new file of the journal could not be synced", cause);
    });
    active = begun;
    onBegun(begun);
    const work = index(sealed, nextBatch - 1).finally(() => indexing.delete(work));
    indexing.add(work);
  }

  async function create(about: { number: number; firstBatch: number }): Promise<ActiveSegment> {
    try {
      return await createSegment(folder, about);
    } catch (cause) {
      if (isOutOfSpace(cause)) throw diskFull(folder.path, cause);
      throw failStop.fail("A file of the journal could not be created", cause);
    }
  }

  async function index(sealed: ActiveSegment, lastBatch: number): Promise<void> {
    const runs = await writeIndex(folder, { header: sealed.header, bytes: sealed.bytes, lastBatch }, sealed.runs);
    onIndexed(sealed, runs);
    await sealed.file.close().catch((cause: unknown) => {
      folder.report("warn", `A file of the journal could not be closed: ${sealed.path}.`, { cause: String(cause) });
    });
  }

  return {
    async place(bytesBound) {
      const full = active.bytes + bytesBound > segmentBytesMax && active.bytes > SEGMENT_HEADER_BYTES;
      if (full) await roll();
      return { segment: active, position: active.bytes, batch: nextBatch };
    },
    async write(bytes) {
      await appendDurably(active, bytes, options);
      nextBatch += 1;
    },
    position: () => ({ segment: active.number, bytes: active.bytes, batch: nextBatch - 1 }),
    async close() {
      await Promise.all(indexing);
      if (failStop.failure === undefined) await active.file.truncate(active.bytes);
      await active.file.close();
    },
  };
}
