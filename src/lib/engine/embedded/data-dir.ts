import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { KBrokerError } from "../../domain/error.ts";
import { type Files, ignoreMissing } from "./journal/files.ts";

export interface DataDirectory {
  readonly dir: string;
  readonly journal: string;
  readonly state: string;
}

const FORMAT_FILE = "format";
const FORMAT = 1;

/** What it makes survives a power cut. */
export async function makeDirectory(dir: string, { syncFolder }: Files): Promise<void> {
  try {
    const made = await mkdir(dir, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    const highest = dirname(resolve(made));
    for (let above = dirname(resolve(dir)); above.length >= highest.length; above = dirname(above)) {
      await syncFolder(above);
      if (above === highest) return;
    }
  } catch (cause) {
    throw unreadable(`The data directory ${dir} cannot be made`, cause);
  }
}

/** What lies in it is ours and of a version that we read, or there is nothing yet. */
export async function openDirectory(dir: string): Promise<DataDirectory> {
  const directory = { dir, journal: join(dir, "journal"), state: join(dir, "state") };
  try {
    await checkFormat(directory);
    await mkdir(directory.journal, { recursive: true, mode: 0o700 });
  } catch (cause) {
    if (cause instanceof KBrokerError) throw cause;
    throw unreadable(`The data directory ${dir} cannot be opened`, cause);
  }
  return directory;
}

async function checkFormat({ dir, journal, state }: DataDirectory): Promise<void> {
  const path = join(dir, FORMAT_FILE);
  const text = await readFile(path, "utf8").catch(ignoreMissing);
  if (text === undefined) {
    for (const part of [journal, state]) {
      if (await exists(part)) throw unreadable(`${part} is there but ${path}, which names its format, is not`);
    }
    await writeFile(path, `kbroker-data ${FORMAT}\n`, { mode: 0o600, flush: true });
    return;
  }
  const version = Number(/^kbroker-data (\d+)\n?$/.exec(text)?.[1]);
  if (Number.isNaN(version)) throw unreadable(`${path} is not a file of kbroker`);
  if (version > FORMAT) throw unreadable(`${path} says format ${version}; this version of kbroker reads ${FORMAT}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    return ignoreMissing(error) ?? false;
  }
}

/** The names of all that lies in it survive a power cut; the journal's own folder is synced with each change. */
export async function syncDirectory({ dir, state }: DataDirectory, { syncFolder }: Files): Promise<void> {
  await syncFolder(state);
  await syncFolder(dir);
}

/** What the system refuses while opening, such as a file that belongs to somebody else, in words for the operator. */
export function whyNotOpened(dir: string, error: unknown): unknown {
  const isOfSystem = error instanceof Error && "syscall" in error;
  return isOfSystem ? unreadable(`The data directory ${dir} cannot be opened`, error) : error;
}

function unreadable(what: string, cause?: unknown): KBrokerError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new KBrokerError("data_unreadable", `${what}${reason}.`, {
    hint: isRefused(cause)
      ? "Give the files in it to the user that runs the broker, or give another directory with --data-dir."
      : "Give another directory with --data-dir, or the version of kbroker that wrote it.",
    cause,
  });
}

function isRefused(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "EACCES" || cause.code === "EPERM");
}
