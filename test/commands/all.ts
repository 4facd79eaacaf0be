import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { NamedCommand } from "../../scripts/cli-reference.ts";

const folder = fileURLToPath(new URL("../../src/commands/", import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** Every command of `src`, by the words that call it. */
export const commands: readonly NamedCommand[] = await Promise.all(
  files.map(async (file) => ({
    name: file.replace(/\.ts$/, "").replaceAll("/", " "),
    command: (await import(`${folder}${file}`)).default,
  })),
);
