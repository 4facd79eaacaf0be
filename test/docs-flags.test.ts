import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commands } from "./commands/all.ts";

const known = new Set(
  commands.flatMap(({ command }) => [
    ...Object.keys({ ...command.flags, ...command.baseFlags, help: 0, version: 0 }),
    ...Object.entries({ ...command.flags }).flatMap(([name, flag]) =>
      "allowNo" in flag && flag.allowNo ? [`no-${name}`] : [],
    ),
  ]),
);
const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)].filter((page) =>
  page.endsWith(".md"),
);

test.each(pages)("%s names no flag of kbroker that does not exist", (page) => {
  const lines = readFileSync(page, "utf8").split("\n");
  const ours = lines.filter((line) => !/\b(npx|npm|node|vitest|kafka-[a-z-]+\.sh)\b/.test(line)).join("\n");
  const named = Array.from(ours.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g), ([, flag = ""]) => flag);

  expect(named.filter((flag) => !known.has(flag))).toEqual([]);
});
