import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const POLL_MS = 20;
const GONE_MS_MAX = 30_000;

/** Whether the process is there and carries `mark` in its command line: a number alone may be somebody else's by now. */
export async function isRunning(pid: number, mark: string): Promise<boolean> {
  return pid > 0 && (await commandLine(pid)).includes(mark);
}

/** Sends it to that process and to no other. */
export async function send(pid: number, { mark, signal }: { mark: string; signal: NodeJS.Signals }): Promise<void> {
  if (!(await isRunning(pid, mark))) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Resolves once it is not there any more. */
export async function gone(pid: number, mark: string): Promise<void> {
  const deadlineMs = performance.now() + GONE_MS_MAX;
  while (await isRunning(pid, mark)) {
    if (performance.now() > deadlineMs) throw new Error(`Process ${pid} did not end within ${GONE_MS_MAX / 1000} s.`);
    await sleep(POLL_MS);
  }
}

/** Empty where there is no such process, or only what its parent has not taken note of. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(nothing);
  return run("ps", ["-ww", "-o", "args=", "-p", String(pid)]).then(({ stdout }) => stdout, nothing);
}

function nothing(): string {
  return "";
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
