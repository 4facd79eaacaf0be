import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const MAP = readFileSync("docs/map.md", "utf8");

test("every file that docs/map.md names is there", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).map((file) => `/src/${file}`);
  const named = Array.from(MAP.matchAll(/`([\w./-]+\.ts)`/g), ([, name = ""]) => name);

  const missing = named.filter((name) => !files.some((file) => file.endsWith(`/${name}`)));

  expect(named.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("every folder of src/lib has its sentence in docs/map.md", () => {
  const folders = readdirSync("src/lib", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const opened = new Set(Array.from(MAP.matchAll(/^\| `src\/lib\/(\w+)\//gm), ([, name]) => name));

  expect(folders.map(({ name }) => name).filter((name) => !opened.has(name))).toEqual([]);
});
