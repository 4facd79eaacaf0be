import { expect, test } from "vitest";
import { type GroupOffset, groupLag, offsetLag } from "../../../src/lib/domain/consumer-group.ts";

const offset = (committed: number | null, end: number | null): GroupOffset => ({
  ...{ topic: "orders", partition: 0, settledAbove: null, member: null },
  ...{ committed, end },
});

test("lag counts from the committed offset to the end, and is never below 0", () => {
  expect([offset(3, 10), offset(10, 10), offset(12, 10)].map(offsetLag)).toEqual([7, 0, 0]);
});

test("a lag with an end that is not known is not known, and a partition without a commit has none", () => {
  expect(groupLag({ offsets: [offset(3, 10), offset(null, 10), offset(1, 2)] })).toBe(8);
  expect(groupLag({ offsets: [offset(3, 10), offset(3, null)] })).toBeNull();
  expect(groupLag({ offsets: [] })).toBe(0);
  expect(groupLag({ offsets: null })).toBeNull();
});
