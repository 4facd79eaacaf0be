import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Does `act` while nobody else does anything in that folder. Throws where somebody does. */
export async function locked<Result>(dir: string, act: () => Promise<Result>): Promise<Result> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, "lock");
  await take(file);
  try {
    return await act();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<void> {
  try {
    await writeFile(file, String(process.pid), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const holder = Number(await readFile(file, "utf8"));
    if (isThere(holder))
      throw new Error(
        `Another kafka:up or kafka:down is at work (process ${holder}). Wait for its end, or remove ${file}`,
      );
    await rm(file, { force: true });
    await writeFile(file, String(process.pid), { flag: "wx", mode: 0o600 });
  }
}

/** Also one that has not written its number yet. */
function isThere(pid: number): boolean {
  try {
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
