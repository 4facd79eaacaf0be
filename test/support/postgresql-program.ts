import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chown, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const DEBIAN_DIR = "/usr/lib/postgresql";
const PROGRAM_MS_MAX = 60_000;

export const INSTALL_HINT =
  "Install Debian's package (no cluster of its own is needed): sudo apt-get install postgresql. " +
  "Or name the folder with initdb and postgres: KBROKER_TEST_POSTGRESQL_BIN=/path/to/bin.";

/** Whom the server runs as: it refuses root. Empty where we are nobody special. */
export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

/** The folder with `initdb` and `postgres`, the newest there is. */
export function postgresqlBin(): string | undefined {
  const named = process.env.KBROKER_TEST_POSTGRESQL_BIN;
  if (named !== undefined && named !== "") return existsSync(join(named, "initdb")) ? named : undefined;
  const versions = existsSync(DEBIAN_DIR) ? readdirSync(DEBIAN_DIR) : [];
  return versions
    .filter((version) => existsSync(join(DEBIAN_DIR, version, "bin", "initdb")))
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN_DIR, version, "bin"))[0];
}

/** Debian's `postgres`, else `nobody`. */
export function serverAccount(): ServerAccount {
  if (process.getuid?.() !== 0) return {};
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const account = ["postgres", "nobody"].map((name) => lines.find((line) => line.startsWith(`${name}:`))).find(Boolean);
  if (account === undefined) throw new Error("PostgreSQL does not run as root, and there is no account `nobody`.");
  const [, , uid, gid] = account.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

export async function initCluster({ bin, dir, account }: Cluster, superuserPasswordFile: string): Promise<void> {
  const options = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${superuserPasswordFile}`];
  const fast = ["--no-sync", "--encoding=UTF8", "--locale=C", "--no-instructions"];
  await run(join(bin, "initdb"), ["--pgdata", join(dir, "data"), ...options, ...fast], {
    cwd: dir,
    timeout: PROGRAM_MS_MAX,
    env: { PATH: "/usr/bin:/bin" },
    ...account,
  });
}

export interface Cluster {
  readonly bin: string;
  /** Holds everything; removed at the end. */
  readonly dir: string;
  readonly account: ServerAccount;
}

export async function give(path: string, account: ServerAccount): Promise<void> {
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

/** What a server that was killed leaves behind, and then its folder. */
export async function removeCluster(dir: string): Promise<void> {
  const lock = join(dir, "data", "postmaster.pid");
  const segment = existsSync(lock) ? readFileSync(lock, "utf8").split("\n")[6]?.trim().split(/\s+/)[1] : undefined;
  if (segment !== undefined) await run("ipcrm", ["-m", segment]).catch(notThere);
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** The kernel has removed it with its last user. */
function notThere(error: unknown): void {
  if (!(error instanceof Error && /invalid id|already removed|ENOENT/.test(error.message))) throw error;
}
