/** What is kept of an id. */
export interface Known {
  /** Publish time of the record that had it last. */
  readonly timeMs: number;
  /** Of the first one's payload. */
  readonly digest: number;
}

/** The ids of one shard, for one reader of it, in the order of their last records. */
export interface ShardIds {
  get(id: string): Known | undefined;
  /** Times never go back. */
  set(id: string, known: Known): void;
  /** Forgets what was published last before this time. */
  forgetBefore(timeMs: number): void;
  /** Forgets all. */
  close(): void;
}

/** All ids that this node remembers to tell repeats by: so many at most, whoever reads what. */
export interface RememberedIds {
  open(): ShardIds;
}

export interface RememberedIdsOptions {
  readonly countMax: number;
  /** Told how many were let go of before their time because there are too many. */
  readonly forgot: (count: number) => void;
}

/** Where there is no room, this part of the time that is remembered goes at once: room is made rarely. */
const SHARE_FORGOTTEN = 1 / 16;

interface Memory extends ShardIds {
  oldestMs(): number | undefined;
}

export function rememberedIds({ countMax, forgot }: RememberedIdsOptions): RememberedIds {
  const memories = new Set<Memory>();
  let size = 0;
  let newestMs = 0;

  /** The oldest of all go first. */
  function makeRoom(): void {
    const before = size;
    while (size > countMax) {
      let oldestMs = newestMs;
      for (const memory of memories) oldestMs = Math.min(oldestMs, memory.oldestMs() ?? oldestMs);
      const untilMs = oldestMs + Math.ceil((newestMs - oldestMs) * SHARE_FORGOTTEN);
      for (const memory of memories) memory.forgetBefore(untilMs + 1);
    }
    forgot(before - size);
  }

  function open(): Memory {
    const ids = new Map<string, Known>();

    function forget(id: string): void {
      if (ids.delete(id)) size -= 1;
    }

    const memory: Memory = {
      get: (id) => ids.get(id),
      set(id, known) {
        // To the end: the longest ago comes first.
        forget(id);
        ids.set(id, known);
        size += 1;
        newestMs = Math.max(newestMs, known.timeMs);
        if (size > countMax) makeRoom();
      },
      forgetBefore(timeMs) {
        for (const [id, known] of ids) {
          if (known.timeMs >= timeMs) return;
          forget(id);
        }
      },
      oldestMs() {
        for (const { timeMs } of ids.values()) return timeMs;
        return undefined;
      },
      close() {
        memories.delete(memory);
        for (const id of [...ids.keys()]) forget(id);
      },
    };
    memories.add(memory);
    return memory;
  }

  return { open };
}
