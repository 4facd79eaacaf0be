import type { Files, OpenFile } from "./files.ts";

interface Entry {
  readonly file: Promise<OpenFile>;
  users: number;
}

/** Files open for reading: opened when first used, the one unused for longest closed when there are too many. */
export interface OpenFiles {
  use<T>(path: string, work: (file: OpenFile) => Promise<T>): Promise<T>;
  /** Closed as soon as nobody reads it any more: before the file is unlinked. */
  forget(path: string): Promise<void>;
  close(): Promise<void>;
}

export function createOpenFiles(files: Files, countMax: number): OpenFiles {
  const entries = new Map<string, Entry>();

  function entryFor(path: string): Entry {
    const entry = entries.get(path) ?? { file: files.open(path), users: 0 };
    entries.delete(path);
    entries.set(path, entry);
    return entry;
  }

  async function closeIdle(): Promise<void> {
    for (const [path, entry] of entries) {
      if (entries.size <= countMax) return;
      if (entry.users > 0) continue;
      entries.delete(path);
      await (await entry.file).close();
    }
  }

  return {
    async use(path, work) {
      const entry = entryFor(path);
      entry.users += 1;
      try {
        return await work(await entry.file);
      } catch (error) {
        if (entries.get(path) === entry) entries.delete(path);
        throw error;
      } finally {
        entry.users -= 1;
        if (entries.get(path) !== entry) await closeUnused(entry);
        else if (entries.size > countMax) await closeIdle();
      }
    },
    async forget(path) {
      const entry = entries.get(path);
      entries.delete(path);
      if (entry !== undefined) await closeUnused(entry);
    },
    async close() {
      const all = [...entries.values()];
      entries.clear();
      await Promise.all(all.map(closeUnused));
    },
  };
}

/** Whoever is the last user of an entry that is no longer listed closes it; one that never opened has nothing to close. */
async function closeUnused(entry: Entry): Promise<void> {
  if (entry.users > 0) return;
  const file = await entry.file.catch(() => undefined);
  await file?.close();
}
