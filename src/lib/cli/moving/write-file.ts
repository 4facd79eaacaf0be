import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { KBrokerError, messageOf } from "../../domain/error.ts";

/** Readable by its owner alone: an endpoint may hold a token in its query. */
const MODE = 0o600;

/** The whole text or nothing of it; what is no ordinary file, such as a pipe, is written to as it is. */
export async function writeWhole(file: string, text: string): Promise<void> {
  try {
    if (await isOther(file)) return await writeFile(file, text);
    const beside = `${file}.${process.pid}.tmp`;
    try {
      await writeFile(beside, text, { mode: MODE, flag: "wx" });
      await rename(beside, file);
    } finally {
      await rm(beside, { force: true });
    }
  } catch (error) {
    throw new KBrokerError("usage", `Cannot write ${file}: ${messageOf(error)}.`, { cause: error });
  }
}

async function isOther(file: string): Promise<boolean> {
  try {
    return !(await lstat(file)).isFile();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
