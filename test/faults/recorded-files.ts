import { basename } from "node:path";
import { diskFiles, type Files, type OpenFile } from "../../src/lib/engine/embedded/journal/files.ts";

/** One thing that the journal asked of the disk, in the order asked. Files are told apart by `file`, as names come again. */
export type Operation =
  | { readonly kind: "create"; readonly file: number; readonly name: string }
  | { readonly kind: "write"; readonly file: number; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly file: number; readonly size: number }
  | { readonly kind: "sync"; readonly file: number }
  | { readonly kind: "unlink"; readonly name: string }
  | { readonly kind: "syncFolder" };

export interface Recording {
  readonly files: Files;
  readonly operations: readonly Operation[];
  /** Of the next batch only this share fits on the disk. */
  fillDisk(share: number): void;
}

/** Real files, and a note of each operation before it is done; of a sync after it, as only then it counts. */
export function recordedFiles(before: () => void): Recording {
  const operations: Operation[] = [];
  const numbers = new Map<string, number>();
  let fits = 1;
  const note = (operation: Operation) => {
    before();
    operations.push(operation);
  };

  const recorded = (file: OpenFile, number: number): OpenFile => ({
    ...file,
    async write(whole, position) {
      const share = position === 0 ? 1 : fits;
      const bytes = Buffer.from(whole.subarray(0, Math.floor(whole.length * share)));
      note({ kind: "write", file: number, position, bytes });
      await file.write(bytes, position);
      if (share < 1) fits = 1;
      if (bytes.length < whole.length) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    },
    async truncate(size) {
      note({ kind: "truncate", file: number, size });
      await file.truncate(size);
    },
    async sync() {
      await file.sync();
      note({ kind: "sync", file: number });
    },
  });

  const files: Files = {
    ...diskFiles,
    async create(path) {
      const number = operations.length;
      note({ kind: "create", file: number, name: basename(path) });
      numbers.set(basename(path), number);
      return recorded(await diskFiles.create(path), number);
    },
    async open(path) {
      const number = numbers.get(basename(path));
      if (number === undefined) return diskFiles.open(path);
      return recorded(await diskFiles.open(path), number);
    },
    async unlink(path) {
      if (numbers.has(basename(path))) note({ kind: "unlink", name: basename(path) });
      await diskFiles.unlink(path);
    },
    async syncFolder(folder) {
      await diskFiles.syncFolder(folder);
      if (basename(folder) === "journal") note({ kind: "syncFolder" });
    },
  };
  const fillDisk = (share: number) => {
    fits = share;
  };
  return { files, operations, fillDisk };
}
