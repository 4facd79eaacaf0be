import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { EMBEDDED_ONLY } from "./embedded-only.ts";

test.each(Object.entries(EMBEDDED_ONLY))("each test that %s leaves out on Kafka is there", async (file, tests) => {
  const text = await readFile(file, "utf8");

  expect(Object.keys(tests).filter((name) => !text.includes(`"${name}"`))).toEqual([]);
});
