import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SecretReference } from "../domain/connector.ts";
import { secretProblem } from "../domain/secret.ts";

export interface SecretsPlace {
  readonly env: NodeJS.ProcessEnv;
  /** Where files with secrets lie; `undefined`: no file may be named. */
  readonly dir: string | undefined;
}

/** A secret, read anew at each call; `undefined` where there is none. A trailing line end of a file does not count. */
export function openSecrets({ env, dir }: SecretsPlace): (reference: SecretReference) => Promise<string | undefined> {
  return async (reference) => {
    if (secretProblem(reference) !== undefined) return undefined;
    if (reference.kind === "env") return env[reference.name];
    if (dir === undefined) return undefined;
    try {
      return (await readFile(join(dir, reference.name), "utf8")).replace(/\r?\n$/, "");
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
