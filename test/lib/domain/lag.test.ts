import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { cursorAt, isSettled, settle, unsettledCount } from "../../../src/lib/domain/cursor.ts";
import { drainMs, firstUnsettled } from "../../../src/lib/domain/lag.ts";

const range = fc.tuple(fc.nat(50), fc.nat(10)).map(([from, count]) => ({ from, to: from + count }));
const cursor = fc
  .tuple(fc.nat(20), fc.array(range, { maxLength: 20 }))
  .map(([low, ranges]) => ranges.reduce(settle, cursorAt(low, { topicId: "t", subscriptionId: "s" })));
const kept = fc.tuple(fc.nat(70), fc.nat(30)).map(([start, count]) => ({ start, end: start + count }));

test.prop([cursor, kept])("counts what is kept and not settled, one by one", (one, { start, end }) => {
  const offsets = Array.from({ length: end - start }, (_, index) => start + index);

  expect(unsettledCount(one, { from: start, to: end })).toBe(
    offsets.filter((offset) => !isSettled(one, offset)).length,
  );
});

test.prop([cursor, fc.nat(80)])("finds the first offset that is not settled", (one, start) => {
  let expected = start;
  while (isSettled(one, expected)) expected += 1;

  expect(firstUnsettled(one, start)).toBe(expected);
});

it("drains at the rate at which the lag falls, and not at all when it does not fall", () => {
  expect(drainMs(100, { publishPerS: 5, ackPerS: 10 })).toBe(20_000);
  expect(drainMs(100, { publishPerS: 10, ackPerS: 10 })).toBeNull();
  expect(drainMs(100, { publishPerS: 0, ackPerS: 0 })).toBeNull();
  expect(drainMs(0, { publishPerS: 10, ackPerS: 0 })).toBe(0);
});
