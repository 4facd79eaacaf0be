import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SECRET_ENV_PREFIX, type SecretReference } from "../domain/connector.ts";

export interface SecretsPlace {
  readonly env: NodeJS.ProcessEnv;
  /** Where files with secrets lie; `undefined`: no file may be named. */
  readonly dir: string | undefined;
}

/** Whoever may create a connector names what is sent to a host of theirs: nothing outside these two places is ever read. */
export function secretProblem({ kind, name }: SecretReference): string | undefined {
  if (kind === "env")
    return name.startsWith(SECRET_ENV_PREFIX) && /^[A-Z0-9_]+$/.test(name)
      ? undefined
      : `The variable of a secret begins with ${SECRET_ENV_PREFIX} and has only capitals, digits and "_"; "${name}" does not.`;
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)
    ? undefined
    : `The file of a secret is named without a path: letters, digits, ".", "_" and "-"; "${name}" is not.`;
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
