import { constants } from "node:fs";
import { type FileHandle, open, readdir, statfs, unlink } from "node:fs/promises";

/** All that the journal does to the disk goes through here, so that a test can record it, replay a part of it, or make it fail. */
export interface Files {
  list(folder: string): Promise<readonly string[]>;
  /** Fails when the file exists. Durable only after `syncFolder`. */
  create(path: string): Promise<OpenFile>;
  open(path: string): Promise<OpenFile>;
  /** Durable only after `syncFolder`. */
  unlink(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  freeBytes(folder: string): Promise<number>;
}

export interface OpenFile {
  size(): Promise<number>;
  /** How many bytes there were; fewer than asked for only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** All of it, or it fails. Durable only after `sync`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** The contents and the size survive a power cut once it resolves. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export const diskFiles: Files = {
  list: (folder) => readdir(folder),
  create: async (path) => openFile(await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)),
  open: async (path) => openFile(await open(path, constants.O_RDWR)),
  unlink: (path) => unlink(path),
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

/** Holds the handle itself: of a bare descriptor the garbage collector would close the file under the journal. */
function openFile(handle: FileHandle): OpenFile {
  return {
    size: async () => (await handle.stat()).size,
    async read(into, position) {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    async write(bytes, position) {
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (size) => handle.truncate(size),
    close: () => handle.close(),
  };
}

/** Opens a file for `work` alone. */
export async function withFile<T>(files: Files, path: string, work: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await files.open(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** For a `catch`: a file that is not there is no failure. */
export function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
