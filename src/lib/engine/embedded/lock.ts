import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, readdir, rm, symlink, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { resolve as absolute, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { KBrokerError } from "../../domain/error.ts";
import { ignoreMissing } from "./journal/files.ts";

/**
 * One process owns a data directory: it listens on a socket in it. A connection that succeeds means an owner, a refused one that
 * it is dead; process ids are not asked, as in containers they lie.
 *
 * Each claimant first listens under a name of its own and then looks for others: of two, whoever listened later sees the other. So
 * a dead one's socket can be removed by anyone, as its name never comes again, and there are never two owners.
 */
export interface DirectoryLock {
  release(): Promise<void>;
}

const SOCKET = /^owner-[0-9a-f]{8}\.sock$/;
/** What a socket's path may have on every system (Linux 107, macOS 103). */
const PATH_BYTES_MAX = 103;
/** Claimants that meet make way for each other, wait for a moment, and try again. */
const TRIES_MAX = 20;
const PAUSE_MS_MAX = 50;
/** A process that accepts and then says nothing is stopped, not dead. */
const ANSWER_MS_MAX = 2_000;

const OWNER = "owner";
const CLAIMANT = "claimant";

/** Fails with `data_dir_in_use` while another process has it. What a killed process left behind is taken over. */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const near = await nearPath(absolute(dir));
  try {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const claim = await claimIn(near.path);
      const others = await othersIn(near.path, claim.name);
      if (others.length === 0) {
        claim.confirm();
        return { release: () => claim.end(absolute(dir)) };
      }
      await claim.end(near.path);
      if (others.includes(OWNER)) break;
      await pause(randomInt(PAUSE_MS_MAX));
    }
  } finally {
    await near.forget();
  }
  throw new KBrokerError("data_dir_in_use", `Another broker owns the data directory ${dir}.`, {
    hint: "Stop it, or give another directory with --data-dir.",
  });
}

/** The directory, or where a socket's path would be too long, a link to it in the temporary folder while it is needed. */
async function nearPath(dir: string): Promise<{ path: string; forget: () => Promise<void> }> {
  if (Buffer.byteLength(join(dir, "owner-00000000.sock")) <= PATH_BYTES_MAX)
    return { path: dir, forget: async () => {} };
  const holder = await mkdtemp(join(tmpdir(), "kb-"));
  await symlink(dir, join(holder, "d"));
  return { path: join(holder, "d"), forget: () => rm(holder, { recursive: true }) };
}

interface Claim {
  readonly name: string;
  confirm(): void;
  /** The name goes first, by the path that `dir` is reached by now. */
  end(dir: string): Promise<void>;
}

async function claimIn(dir: string): Promise<Claim> {
  const name = `owner-${randomBytes(4).toString("hex")}.sock`;
  let says = CLAIMANT;
  const server = createServer((socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(says);
  });
  await listen(server, join(dir, name));
  server.unref();
  return {
    name,
    confirm() {
      says = OWNER;
    },
    async end(path) {
      await unlink(join(path, name)).catch(ignoreMissing);
      await new Promise((done) => server.close(done));
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(unclaimable(cause)));
    server.listen(path, resolve);
  });
}

/** What everybody else who lives says; the sockets of the dead are removed. */
async function othersIn(dir: string, own: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => SOCKET.test(name) && name !== own);
  const answers = await Promise.all(
    names.map(async (name) => {
      const answer = await ask(join(dir, name));
      if (answer === undefined) await unlink(join(dir, name)).catch(ignoreMissing);
      return answer ?? [];
    }),
  );
  return answers.flat();
}

/** `undefined` when nobody listens any more. Whoever listens and does not say that he is a claimant is an owner. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(path);
    socket.setEncoding("utf8");
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy());
    socket.on("data", (text: string) => {
      said += text;
    });
    socket.once("close", () => resolve(said === CLAIMANT ? CLAIMANT : OWNER));
    socket.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      if (code === "ECONNREFUSED" || code === "ENOENT") resolve(undefined);
      else if (code === "ECONNRESET" || code === "EPIPE") resolve(CLAIMANT);
      else reject(unclaimable(error));
    });
  });
}

function unclaimable(cause: Error): KBrokerError {
  return new KBrokerError("data_unreadable", `The data directory cannot be claimed: ${cause.message}.`, { cause });
}
