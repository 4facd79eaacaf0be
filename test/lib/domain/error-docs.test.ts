import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CODES } from "../../../src/lib/domain/error.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const sections = Array.from(page.matchAll(/^### `(\w+)`\n\n(?:HTTP (\d+) · )?exit (\d+)$/gm));

test("docs/errors.md documents every code with its status and exit code, and no other", () => {
  const documented = sections.map(([, code, status, exit]) => [
    code,
    { status: Number(status ?? 0), exit: Number(exit) },
  ]);

  expect(Object.fromEntries(documented)).toEqual(CODES);
});
