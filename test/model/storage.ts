import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/lib/domain/clock.ts";
import { openEmbeddedEngine } from "../../src/lib/engine/embedded/engine.ts";
import { memoryEngine } from "../../src/lib/engine/memory/engine.ts";
import { memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import type { Engine } from "../../src/lib/engine/port.ts";

/** What outlives a process. */
export interface Storage {
  /** For `Fence`. */
  readonly turns: number;
  /** The engine of the next process; the one before was closed. */
  open(clock: Clock): Promise<Engine>;
  end(): Promise<void>;
}

export async function inMemory(): Promise<Storage> {
  const storage = memoryStorage();
  return { turns: 1, open: async (clock) => memoryEngine({ clock, storage }), end: async () => {} };
}

const SEGMENT_BYTES = 16_384;

/** Real files, with segments so small that they are sealed all the time. */
export async function inDirectory(): Promise<Storage> {
  const dir = await mkdtemp(join(tmpdir(), "kbroker-model-"));
  const small = {
    segmentBytesMax: SEGMENT_BYTES,
    zerosAheadBytes: SEGMENT_BYTES / 4,
    tailBytesMax: 2_048,
    checkpointPeriodMs: 60_000,
  };
  return {
    turns: 3,
    open: (clock) =>
      openEmbeddedEngine({
        ...{ dir, clock, ...small, freeBytesMin: 0, report: () => {} },
        onFatal: (error) => {
          throw error;
        },
      }),
    end: () => rm(dir, { recursive: true, force: true }),
  };
}
