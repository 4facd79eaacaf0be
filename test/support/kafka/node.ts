import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { end, isRunning, send } from "./processes.ts";
import type { Program } from "./program.ts";

const LOG_SETTINGS = fileURLToPath(new URL("log4j2.properties", import.meta.url));
const HEAP = ["-Xms256m", "-Xmx256m", "-XX:MaxDirectMemorySize=128m"];
/** Without the performance data: its file would be left in /tmp by a kill. */
const FAST_START = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto"];
const PID = "pid";
const READY = "Kafka Server started";
const READY_MS_MAX = 90_000;
const POLL_MS = 20;
const LOG_LENGTH_MAX = 20_000;

/** One node: a folder with its settings and data, and, while it runs, a process. The folder is all that has to be remembered. */
export interface KafkaNode {
  readonly id: number;
  readonly dir: string;
  /** Resolves once it says that it serves. Nothing where it runs already. */
  start(): Promise<void>;
  isRunning(): Promise<boolean>;
  /** Cleanly: leaders move away first. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** SIGSTOP: it keeps its connections and says nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** What it logged, the last part. */
  log(): string;
}

export interface NodeOptions {
  readonly program: Program;
  readonly id: number;
  readonly dir: string;
  /** More for Java. */
  readonly javaOptions?: readonly string[];
}

export function kafkaNode({ program, id, dir, javaOptions = [] }: NodeOptions): KafkaNode {
  const mark = markOf(dir);
  const logFile = join(dir, "log");
  const pid = () => pidOf(dir);
  const signal = async (name: NodeJS.Signals) => {
    await send(await pid(), { mark, signal: name });
  };
  const isUp = async () => isRunning(await pid(), mark);

  return {
    id,
    dir,
    async start() {
      if (await isUp()) return;
      const logLength = existsSync(logFile) ? (await stat(logFile)).size : 0;
      const child = await launch([mark, ...javaOptions]);
      await writeFile(join(dir, PID), String(child.pid), { mode: 0o600 });
      await ready(logLength);
    },
    isRunning: isUp,
    stop: async () => end(await pid(), { mark, signal: "SIGTERM" }),
    kill9: () => endNode(dir),
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    log: logText,
  };

  /** In a group of its own: a Ctrl-C in the terminal is for who started it. */
  async function launch(options: readonly string[]): Promise<ChildProcess> {
    const log = await open(logFile, "a", 0o600);
    const settings = [`-Dlog4j2.configurationFile=${LOG_SETTINGS}`, `-Djava.io.tmpdir=${dir}`];
    const args = [...options, ...HEAP, ...javaArguments(program), ...settings];
    try {
      const child = spawn(program.java, [...args, "kafka.Kafka", join(dir, "server.properties")], {
        cwd: dir,
        env: javaEnvironment(),
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      });
      await once(child, "spawn");
      child.unref();
      return child;
    } finally {
      await log.close();
    }
  }

  /** `logLength`: before this start. */
  async function ready(logLength: number): Promise<void> {
    const deadlineMs = performance.now() + READY_MS_MAX;
    while (!(await readFile(logFile)).includes(READY, logLength)) {
      if (!(await isUp())) throw new Error(`Kafka node ${id} did not start:\n${logText()}`);
      if (performance.now() > deadlineMs) {
        await signal("SIGKILL");
        throw new Error(`Kafka node ${id} was not ready after ${READY_MS_MAX / 1000} s:\n${logText()}`);
      }
      await sleep(POLL_MS);
    }
  }

  function logText(): string {
    return existsSync(logFile) ? readFileSync(logFile, "utf8").slice(-LOG_LENGTH_MAX) : "";
  }
}

/** kill -9, where it runs. */
export async function endNode(dir: string): Promise<void> {
  await end(await pidOf(dir), { mark: markOf(dir), signal: "SIGKILL" });
}

/** 0: it was never started. */
async function pidOf(dir: string): Promise<number> {
  return Number(await readFile(join(dir, PID), "utf8").catch(() => "0"));
}

/** For every program of Kafka. */
export function javaArguments({ archiveFile, classPath }: Program): readonly string[] {
  // Named but not there, it would cost Java its own archive as well.
  const archive = existsSync(archiveFile) ? [`-XX:SharedArchiveFile=${archiveFile}`] : [];
  return [...FAST_START, ...archive, "-cp", classPath];
}

/** Nothing of ours but the way to Java: no option of the person's own reaches it. */
export function javaEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin" };
}

/** In the command line of a node's process, and of no other. */
function markOf(dir: string): string {
  return `-Dkbroker.kafka.node=${dir}`;
}
