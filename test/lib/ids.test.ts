import { expect, test } from "vitest";
import { timeOrderedIds } from "../../src/lib/ids.ts";

test("ids are UUIDs of version 7 that sort by time", () => {
  let nowMs = 1_700_000_000_000;
  const newId = timeOrderedIds(() => nowMs++);

  const ids = Array.from({ length: 1_000 }, newId);

  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Array.from(ids).sort((a, b) => (a < b ? -1 : 1))).toEqual(ids);
  expect(new Set(ids).size).toBe(1_000);
});
