import { expect, test } from "vitest";
import { runCheck } from "./check.ts";
import { CHECKS } from "./engine.ts";
import { MUTANTS } from "./mutants.ts";

const checks = Object.values(CHECKS).flat();

test.each(MUTANTS)("the suite notices: $fault", async ({ breaks, prepare }) => {
  const check = checks.find(({ promise }) => promise === breaks);
  if (check === undefined) throw new Error(`No check is named "${breaks}".`);

  await expect(runCheck(check, prepare)).rejects.toMatchObject({ name: "AssertionError" });
});

test("each promise is named once", () => {
  const promises = checks.map(({ promise }) => promise);

  expect(promises).toEqual([...new Set(promises)]);
});
