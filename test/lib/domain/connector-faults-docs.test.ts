import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FAULT_CODES } from "../../../src/lib/domain/connector-report.ts";

test("docs/connectors-troubleshooting.md has a section for each fault, in the order of the table, and for no other", async () => {
  const page = await readFile(new URL("../../../docs/connectors-troubleshooting.md", import.meta.url), "utf8");

  const sections = Array.from(page.matchAll(/^### `(\w+)`$/gm), ([, code]) => code);

  expect(sections).toEqual(FAULT_CODES);
});

test("each section of docs/connectors-troubleshooting.md has a next step", async () => {
  const page = await readFile(new URL("../../../docs/connectors-troubleshooting.md", import.meta.url), "utf8");

  const sections = page.split(/^##+ /m).filter((section) => section.startsWith("`"));

  expect(sections.filter((section) => !/^1\. .*/m.test(section)).map((section) => section.split("\n")[0])).toEqual([]);
});
