// `npm run docs:cli`: writes docs/cli.md from src/commands (through tsx: no build needed).
import { readdirSync, writeFileSync } from "node:fs";
import { cliReference } from "./cli-reference.ts";

const folder = new URL("../src/commands/", import.meta.url);
const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".ts"));
const commands = await Promise.all(
  files.map(async (file) => ({
    name: file.replace(/\.ts$/, "").replaceAll(/[\\/]/g, " "),
    command: (await import(new URL(file, folder).href)).default,
  })),
);
writeFileSync(new URL("../docs/cli.md", import.meta.url), cliReference(commands));
