import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { type AdminClient, adminClient } from "../../src/lib/client/admin.ts";
import { childEnv, program } from "../e2e/program.ts";

const READY_WAIT_MS_MAX = 60_000;
const LOG_LENGTH_MAX = 20_000;

export interface BrokerProcess {
  readonly url: string;
  /** For `kbroker`: settings that lead here. */
  readonly env: Readonly<Record<string, string>>;
  readonly admin: AdminClient;
  /** What it wrote to stderr, the last part. */
  log(): string;
  /** Sends the signal and waits for nothing, as for SIGSTOP and SIGCONT. */
  send(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end. `code` is `null` when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null }>;
}

export interface BrokerPlace {
  /** Left out: `more` says where everything is kept. */
  readonly dataDir?: string;
  /** Left out: a free one. */
  readonly port?: number;
  /** Further flags. */
  readonly more?: readonly string[];
}

/** The real program, waited for until it is ready. Whatever happens in the test, it does not outlive it. */
export async function startBrokerProcess({ dataDir, port = 0, more = [] }: BrokerPlace): Promise<BrokerProcess> {
  const where = dataDir === undefined ? [] : ["--data-dir", dataDir];
  const args = [program(), "broker", "start", "--json", ...where, "--port", String(port), ...more];
  const child = spawn(process.execPath, args, { cwd: "/", env: childEnv(), stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const log = keepEnd(child.stderr);
  const url = await readyUrl(child, log);
  const admin = adminClient({ adminUrl: url, inboxUrl: url });
  return {
    url,
    env: { KBROKER_ADMIN_URL: url },
    admin,
    log,
    send: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      await exited;
      await admin.close();
      return { code: child.exitCode };
    },
  };
}

/**
 * A port for a broker that is started again and again. Below those that systems give to outgoing connections: one of them could sit on it
 * while the broker is away.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const listens = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!listens) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

/** What it prints once it is ready says where it listens. */
async function readyUrl(child: ChildProcessByStdio<null, Readable, Readable>, log: () => string): Promise<string> {
  const stdout = keepEnd(child.stdout);
  const url = () => /"url": "([^"]+)"/.exec(stdout())?.[1];
  const deadlineMs = performance.now() + READY_WAIT_MS_MAX;
  for (let found = url(); ; found = url()) {
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`The broker ended with ${child.exitCode}:\n${log()}`);
    if (performance.now() > deadlineMs) throw new Error(`The broker did not become ready:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function keepEnd(stream: Readable): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-LOG_LENGTH_MAX);
  });
  return () => text;
}
