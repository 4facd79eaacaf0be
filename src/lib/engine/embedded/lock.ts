import { randomBytes } from "node:crypto";
import { link, mkdtemp, rename, rm, stat, symlink, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve as resolvePath } from "node:path";
import { KBrokerError } from "../../domain/error.ts";
import { ignoreMissing } from "./journal/files.ts";

/** One process owns a data directory: it listens on a socket in it. Process ids are not asked; in containers they lie. */
export interface DirectoryLock {
  release(): Promise<void>;
}

const SOCKET = "owner.sock";
/** What a socket's path may have on every system (Linux 107, macOS 103). */
const PATH_BYTES_MAX = 103;
/** Each try ends because another process came first; somebody has won long before. */
const TRIES_MAX = 10;

/** Fails with `data_dir_in_use` while another process has it. What a killed process left behind is taken over. */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const place = await socketPlace(dir);
  try {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const server = await listen(place.path);
      if (server !== undefined) return { release: () => close(server, place) };
      const before = await identity(place.path);
      if (await answers(place.path)) break;
      if (before !== undefined) await removeStale(place.path, before);
    }
  } finally {
    if (place.holder !== undefined) await rm(place.holder, { recursive: true });
  }
  throw new KBrokerError("data_dir_in_use", `Another broker owns the data directory ${dir}.`, {
    hint: "Stop it, or give another directory with --data-dir.",
  });
}

interface SocketPlace {
  /** What the socket is bound by. */
  readonly path: string;
  readonly realPath: string;
  /** A temporary folder with a short name for the directory; only while binding. */
  readonly holder?: string;
}

/** The path of a socket is short on every system; a longer one is reached through a link in the temporary folder. */
async function socketPlace(dir: string): Promise<SocketPlace> {
  const realPath = join(resolvePath(dir), SOCKET);
  if (Buffer.byteLength(realPath) <= PATH_BYTES_MAX) return { path: realPath, realPath };
  const holder = await mkdtemp(join(tmpdir(), "kb-"));
  await symlink(resolvePath(dir), join(holder, "d"));
  return { path: join(holder, "d", SOCKET), realPath, holder };
}

/** The name goes while the process still listens: whoever binds it next is not disturbed. */
async function close(server: Server, { path, realPath }: SocketPlace): Promise<void> {
  if (path !== realPath) await unlink(realPath).catch(ignoreMissing);
  await new Promise((done) => server.close(done));
}

/** `undefined` when there is a socket already. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(undefined);
      else reject(unclaimable(error));
    });
    server.listen(path, () => resolve(server));
  });
}

/** A refused connection means that nobody listens any more. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => {
      if ("code" in error && (error.code === "ECONNREFUSED" || error.code === "ENOENT")) resolve(false);
      else reject(unclaimable(error));
    });
  });
}

/** Moved aside before it is removed, and put back if it turns out to be another one: somebody else has taken over in between. */
async function removeStale(path: string, before: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (error) {
    return ignoreMissing(error);
  }
  if ((await identity(aside)) !== before) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

async function identity(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(ignoreMissing);
  return stats === undefined ? undefined : `${stats.ino} ${stats.mtimeNs}`;
}

function unclaimable(cause: Error): KBrokerError {
  return new KBrokerError("data_unreadable", `The data directory cannot be claimed: ${cause.message}.`, { cause });
}
