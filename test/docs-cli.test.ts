import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cliReference } from "../scripts/cli-reference.ts";
import { commands } from "./commands/all.ts";

test("docs/cli.md says what the commands say; `npm run docs:cli` writes it", () => {
  expect(readFileSync(new URL("../docs/cli.md", import.meta.url), "utf8")).toBe(cliReference(commands));
});

test("a command that the help hides stays out of docs/cli.md", () => {
  expect(cliReference(commands)).not.toContain("## kbroker complete\n");
});

test("a flag that the help hides stays out of docs/cli.md", () => {
  expect(cliReference(commands)).not.toContain("--segment-bytes");
});
