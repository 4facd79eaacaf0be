import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const POLL_MS = 20;
const END_MS_MAX = 60_000;

/** Whether the process is there and carries `mark` in its command line: a number alone may be somebody else's by now. */
export async function isRunning(pid: number, mark: string): Promise<boolean> {
  return pid > 0 && (await commandLine(pid)).includes(mark);
}

export interface Signal {
  readonly mark: string;
  readonly signal: NodeJS.Signals;
}

/** Sends it to that process and to no other. Whether it was there. */
export async function send(pid: number, { mark, signal }: Signal): Promise<boolean> {
  if (!(await isRunning(pid, mark))) return false;
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/** The same with a signal that ends it; resolves once its files and ports are free. */
export async function end(pid: number, signal: Signal): Promise<void> {
  if (!(await send(pid, signal))) return;
  const deadlineMs = performance.now() + END_MS_MAX;
  while (!(await hasEnded(pid))) {
    if (performance.now() > deadlineMs) throw new Error(`Process ${pid} did not end within ${END_MS_MAX / 1000} s.`);
    await sleep(POLL_MS);
  }
}

/** Empty where there is no such process, or one that is about to end. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(nothing);
  return run("ps", ["-ww", "-o", "args=", "-p", String(pid)]).then(({ stdout }) => stdout, nothing);
}

/** The command line goes first, and the first thread before the others, which still hold the ports. A zombie only waits for its parent. */
async function hasEnded(pid: number): Promise<boolean> {
  if (process.platform !== "linux")
    return /^\s*(Z.*)?$/.test(
      await run("ps", ["-o", "stat=", "-p", String(pid)]).then(({ stdout }) => stdout, nothing),
    );
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  if (threads.length > 1) return false;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(nothing);
  return /^$|\) [ZX] [^)]*$/.test(stat);
}

function nothing(): string {
  return "";
}
