import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SecretReference } from "../domain/connector.ts";
import { KBrokerError } from "../domain/error.ts";
import { secretProblem } from "../domain/secret.ts";

export interface SecretsPlace {
  readonly env: NodeJS.ProcessEnv;
  /** Where files with secrets lie; `undefined`: no file may be named. */
  readonly dir: string | undefined;
}

/** A password is far smaller; a file that never ends would be read for ever. */
const SECRET_BYTES_MAX = 65_536;

/** A secret, read anew at each call; `undefined` where there is none. A trailing line end of a file does not count. */
export function openSecrets({ env, dir }: SecretsPlace): (reference: SecretReference) => Promise<string | undefined> {
  return async (reference) => {
    if (secretProblem(reference) !== undefined) return undefined;
    if (reference.kind === "env") return env[reference.name];
    if (dir === undefined) return undefined;
    return readSecret(join(dir, reference.name));
  };
}

/** Fails for what is no directory, before anybody relies on it. */
export async function checkSecretsDir(dir: string): Promise<void> {
  const found = await stat(dir).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new KBrokerError("usage", `--secrets-dir names ${dir}, which is no directory.`, {
    hint: `Create it, readable only for the broker: mkdir -m 700 ${dir}`,
  });
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file);
    if (!found.isFile() || found.size > SECRET_BYTES_MAX) throw new Error(`${file} is no file of a password's size.`);
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
