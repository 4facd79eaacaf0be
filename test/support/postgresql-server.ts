import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { makeCertificate } from "./certificate.ts";
import {
  type Cluster,
  give,
  INSTALL_HINT,
  initCluster,
  postgresqlBin,
  removeCluster,
  serverAccount,
} from "./postgresql-program.ts";

const START_MS_MAX = 60_000;
const LOG_LENGTH_MAX = 50_000;
const READY = "database system is ready to accept connections";
/** The port, or what a killed server has not let go of yet. */
const NOT_YET =
  /could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block|lock file ".*" already exists/;

/** Small and quick to start. No test here cuts the power, so nothing has to wait for the disk. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  wal_level: "logical",
  max_wal_senders: "20",
  max_replication_slots: "20",
  max_connections: "60",
  shared_buffers: "16MB",
  dynamic_shared_memory_type: "mmap",
  fsync: "off",
  full_page_writes: "off",
  max_logical_replication_workers: "0",
  jit: "off",
  lc_messages: "C",
};

const SIGNALS = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const;

/** `immediate` is a crash: nothing is written down, the next start recovers. */
export type StopMode = keyof typeof SIGNALS;

export interface PostgresqlOptions {
  /** Over those above, such as `{ max_slot_wal_keep_size: "1MB" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** TLS on, with the certificate in `caFile`; connections without it are still taken. */
  readonly tls?: boolean;
}

export interface RoleOptions {
  readonly password?: string;
  /** Such as `REPLICATION` or `SUPERUSER`. */
  readonly attributes?: string;
}

export interface Postgresql {
  /** Where everything of it is. */
  readonly dir: string;
  readonly host: "127.0.0.1";
  readonly port: number;
  /** The superuser `postgres`; every role needs its password. */
  readonly password: string;
  /** What certifies the server (it does so itself); there with `tls`. */
  readonly caFile: string | undefined;
  /** `postgresql://<user>@127.0.0.1:<port>/<database>`, as the CLI takes it: without a password. */
  url(database?: string, user?: string): string;
  /** As the superuser, in `database` (`postgres` where left out). */
  sql<Row extends object = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  /** A session of its own, as the superuser; it ends with the server. */
  connect(options?: pg.ClientConfig): Promise<pg.Client>;
  createRole(name: string, options?: RoleOptions): Promise<void>;
  /** ALTER SYSTEM and a reload; some settings need `restart`. */
  set(settings: Readonly<Record<string, string>>): Promise<void>;
  start(): Promise<void>;
  stop(mode?: StopMode): Promise<void>;
  restart(mode?: StopMode): Promise<void>;
  kill9(): Promise<void>;
  /** What it logged, the last part. */
  log(): string;
  /** Ends it, whatever it does, and removes everything. */
  close(): Promise<void>;
}

/** A private server on a free port of 127.0.0.1. It ends, and its folder goes, also when this process is killed. */
export async function openPostgresql({ settings = {}, tls = false }: PostgresqlOptions = {}): Promise<Postgresql> {
  const bin = postgresqlBin();
  if (bin === undefined) throw new Error(`There is no PostgreSQL here. ${INSTALL_HINT}`);
  const dir = await mkdtemp(join(tmpdir(), "kbroker-postgresql-"));
  const cluster: Cluster = { bin, dir, account: serverAccount() };
  const watchdog = watchOver(dir);
  try {
    const password = randomBytes(12).toString("hex");
    const caFile = await prepare(cluster, { password, settings, tls });
    return await serve(cluster, { password, caFile, watchdog });
  } catch (error) {
    watchdog.kill("SIGKILL");
    await removeCluster(dir);
    throw error;
  }
}

async function prepare(
  cluster: Cluster,
  { password, settings, tls }: { password: string; settings: Readonly<Record<string, string>>; tls: boolean },
): Promise<string | undefined> {
  const passwordFile = join(cluster.dir, "password");
  await give(cluster.dir, cluster.account);
  await writeFile(passwordFile, password, { mode: 0o600 });
  await give(passwordFile, cluster.account);
  await initCluster(cluster, passwordFile);
  const certificate = tls ? await makeCertificate(cluster.dir) : undefined;
  if (certificate !== undefined) await give(certificate.key, cluster.account);
  const secured = certificate && { ssl: "on", ssl_cert_file: certificate.cert, ssl_key_file: certificate.key };
  const lines = Object.entries({ ...SETTINGS, ...secured, ...settings }).map(
    ([name, value]) => `${name} = '${value}'\n`,
  );
  await appendFile(join(cluster.dir, "data", "postgresql.conf"), lines.join(""));
  return certificate?.cert;
}

interface Served {
  readonly password: string;
  readonly caFile: string | undefined;
  readonly watchdog: ChildProcess;
}

async function serve(cluster: Cluster, { password, caFile, watchdog }: Served): Promise<Postgresql> {
  const server = postmaster(cluster);
  const port = await server.startSomewhere();
  let session: Promise<pg.Client> | undefined;
  const connect = async (options: pg.ClientConfig = {}) => {
    const client = new pg.Client({
      host: "127.0.0.1",
      port,
      user: "postgres",
      database: "postgres",
      password,
      ...options,
    });
    // A server that goes away ends its sessions; whoever asks again is told.
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  const opened = () => {
    session ??= connect().then(
      (client) => client.once("end", forget),
      (error: unknown) => {
        forget();
        throw error;
      },
    );
    return session;
  };
  const forget = () => {
    session = undefined;
  };
  const leave = async () => {
    const left = session;
    forget();
    await (await left?.catch(() => undefined))?.end().catch(() => {});
  };
  const sql = async <Row extends object>(text: string, params: readonly unknown[] = []) =>
    (await (await opened()).query<Row & pg.QueryResultRow>(text, params.length === 0 ? undefined : [...params])).rows;

  return {
    dir: cluster.dir,
    host: "127.0.0.1",
    port,
    password,
    caFile,
    url: (database = "postgres", user = "postgres") => `postgresql://${user}@127.0.0.1:${port}/${database}`,
    sql,
    connect,
    async createRole(name, { password: secret, attributes = "" } = {}) {
      const login = secret === undefined ? "" : `PASSWORD ${pg.escapeLiteral(secret)}`;
      await sql(`CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN ${attributes} ${login}`);
    },
    async set(settings) {
      for (const [name, value] of Object.entries(settings))
        await sql(`ALTER SYSTEM SET ${name} = ${pg.escapeLiteral(value)}`);
      await sql("SELECT pg_reload_conf()");
    },
    start: () => server.start(port),
    async stop(mode = "fast") {
      await leave();
      await server.end(SIGNALS[mode]);
    },
    async restart(mode = "fast") {
      await leave();
      await server.end(SIGNALS[mode]);
      await server.start(port);
    },
    async kill9() {
      await server.end("SIGKILL");
    },
    log: server.log,
    async close() {
      await leave();
      await server.end("SIGQUIT");
      watchdog.kill("SIGKILL");
      await removeCluster(cluster.dir);
    },
  };
}

/** The server's first process. */
function postmaster({ bin, dir, account }: Cluster) {
  let child: ChildProcess | undefined;
  let text = "";

  const start = async (port: number) => {
    const deadlineMs = performance.now() + START_MS_MAX;
    while (!(await attempt(port))) {
      if (!NOT_YET.test(text) || performance.now() > deadlineMs) throw new Error(`PostgreSQL did not start:\n${text}`);
      await sleep(50);
    }
  };

  /** Whether it serves. */
  const attempt = async (port: number) => {
    text = "";
    const args = ["-D", join(dir, "data"), "-p", String(port)];
    const started = spawn(join(bin, "postgres"), args, {
      cwd: dir,
      env: {},
      stdio: ["ignore", "ignore", "pipe"],
      ...account,
    });
    child = started;
    return new Promise<boolean>((resolve, reject) => {
      started.once("error", reject);
      started.once("exit", () => {
        if (child === started) child = undefined;
        resolve(false);
      });
      started.stderr.on("data", (chunk: Buffer) => {
        text = (text + chunk.toString()).slice(-LOG_LENGTH_MAX);
        if (text.includes(READY)) resolve(true);
      });
    });
  };

  return {
    start,
    /** On a port below those that systems give to outgoing connections, so that it is free again after a restart. */
    async startSomewhere() {
      for (;;) {
        const port = 10_000 + Math.floor(Math.random() * 10_000);
        if (await attempt(port)) return port;
        if (!NOT_YET.test(text)) throw new Error(`PostgreSQL did not start:\n${text}`);
      }
    },
    async end(signal: NodeJS.Signals) {
      const ending = child;
      if (ending === undefined) return;
      const exited = once(ending, "exit");
      ending.kill(signal);
      await exited;
    },
    log: () => text,
  };
}

/** Waits for the end of this process, however it comes, and then does what `close` could not. */
function watchOver(dir: string): ChildProcess {
  const script =
    'cat >/dev/null; pid=$(head -n 1 "$0/data/postmaster.pid") && kill -QUIT "$pid" && sleep 1; rm -rf "$0"';
  const watchdog = spawn("/bin/sh", ["-c", script, dir], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  watchdog.unref();
  return watchdog;
}
