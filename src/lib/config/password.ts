import { readFile, stat } from "node:fs/promises";
import { KBrokerError } from "../domain/error.ts";
import type { PasswordPlace } from "./engine-settings.ts";
import { codeOf } from "./read-text.ts";
import type { Setting } from "./settings-file.ts";

/** A password or a bundle of certificates is smaller; a file that never ends would be read for ever. */
const FILE_BYTES_MAX = 1_048_576;
const READABLE_BY_OTHERS = 0o004;

/** As it is there now; a line end at the end of a file does not count. Fails with `config_invalid`, never with a part of it in the text. */
export async function passwordOf(
  { value, origin }: Setting<PasswordPlace>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const text =
    value.kind === "variable"
      ? (env[value.name] ?? "")
      : (await readSmallFile(value.file, origin)).replace(/\r?\n$/, "");
  if (text !== "") return text;
  const where = value.kind === "variable" ? value.name : `${value.file} (${origin})`;
  throw new KBrokerError("config_invalid", `${where} holds no password.`, { hint: "Write the password into it." });
}

/** Fails with `config_invalid`; `origin` is what named the file. */
export async function readSmallFile(file: string, origin: string): Promise<string> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new Error("it is no file");
    if (found.size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error && !("code" in cause) ? cause.message : codeOf(cause);
    throw new KBrokerError("config_invalid", `${file} (${origin}) cannot be read: ${why}.`, {
      cause,
      hint: "Name a file that this user can read.",
    });
  }
}

/** No refusal: secrets that a container has mounted often look like this. */
export async function isOpenToOthers(file: string): Promise<boolean> {
  return ((await stat(file)).mode & READABLE_BY_OTHERS) !== 0;
}
