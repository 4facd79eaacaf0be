import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KBrokerError } from "../../domain/error.ts";
import { ignoreMissing } from "./journal/files.ts";

export interface DataDirectory {
  readonly dir: string;
  readonly journal: string;
  readonly state: string;
}

const FORMAT_FILE = "format";
const FORMAT = 1;

export async function makeDirectory(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
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

function unreadable(what: string, cause?: unknown): KBrokerError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new KBrokerError("data_unreadable", `${what}${reason}.`, {
    hint: "Give another directory with --data-dir, or the version of kbroker that wrote it.",
    cause,
  });
}
