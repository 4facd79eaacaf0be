import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface Served {
  readonly child: ChildProcess;
  readonly url: string;
}

/** A part of a bench in a process of its own, once it has told its URL. */
export async function serve(module: string, ...args: readonly string[]): Promise<Served> {
  const child = run(module, ...args);
  const [{ url }] = await once(child, "message");
  return { child, url: String(url) };
}

export function run(module: string, ...args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(`${module}.mjs`, import.meta.url)), [...args]);
}

export async function ask(child: ChildProcess, question: unknown): Promise<Record<string, unknown>> {
  child.send(JSON.stringify(question));
  const [answer] = await once(child, "message");
  return answer;
}

/** What a process tells when it is done. */
export async function result(child: ChildProcess): Promise<Record<string, unknown>> {
  const [answer] = await once(child, "message");
  await leave(child);
  return answer;
}

export async function leave(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) if (child.connected) child.disconnect();
  await Promise.all(children.map((child) => (child.exitCode === null ? once(child, "exit") : undefined)));
}

/** Beside the bundle and not in /tmp: a folder in memory would sync for nothing. Gone afterwards, whatever happens. */
export async function inDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(fileURLToPath(new URL("data-", import.meta.url)));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
