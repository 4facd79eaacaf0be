import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KBrokerError } from "../domain/error.ts";

/**
 * Lets the person change a text in `VISUAL`, else `EDITOR`, else `vi`, and gives what was saved. The file is the person's alone, and is
 * gone afterwards. Fails with `editor_failed` unless the editor ends well, with `not_confirmed` when nothing was left in the file.
 */
export async function editText(text: string, { env, name }: { env: NodeJS.ProcessEnv; name: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kbroker-"));
  const file = join(folder, name);
  try {
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
    await run(env.VISUAL || env.EDITOR || "vi", file, env);
    const edited = await readFile(file, "utf8");
    if (edited.trim() === "")
      throw new KBrokerError("not_confirmed", "Nothing was left in the file: nothing was changed.");
    return edited;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By the shell, as the variable may hold arguments. What the editor draws goes to the terminal, not into the answer on stdout. */
async function run(editor: string, file: string, env: NodeJS.ProcessEnv): Promise<void> {
  // Ctrl-C is the editor's own: the terminal sends it to both.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    const child = spawn("/bin/sh", ["-c", `${editor} "$@"`, editor, file], { stdio: ["inherit", 2, 2], env });
    const [exit, signal]: unknown[] = await once(child, "close");
    if (exit === 0) return;
    throw new KBrokerError(
      "editor_failed",
      `The editor (${editor}) ended with ${signal ?? exit}: nothing was changed.`,
      {
        hint: "Set VISUAL or EDITOR to one that works, or use --no-edit.",
      },
    );
  } finally {
    process.off("SIGINT", ignore);
  }
}
