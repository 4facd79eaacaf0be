import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import {
  cursorAt,
  cutAt,
  highest,
  isSettled,
  settle,
  settledAboveCount,
  settleLost,
  unsettledCount,
} from "../../../src/lib/domain/cursor.ts";

const start = cursorAt(3, { topicId: "t", subscriptionId: "s" });
const range = fc.tuple(fc.nat(50), fc.nat(10)).map(([from, count]) => ({ from, to: from + count }));

test.prop([fc.array(range, { maxLength: 40 })])(
  "agrees with a plain set of offsets, settled in any order",
  (ranges) => {
    const cursor = ranges.reduce(settle, start);

    const model = new Set([0, 1, 2]);
    for (const { from, to } of ranges) for (let offset = from; offset < to; offset += 1) model.add(offset);
    for (let offset = 0; offset <= 61; offset += 1) expect(isSettled(cursor, offset)).toBe(model.has(offset));
    expect(cursor.low + settledAboveCount(cursor)).toBe(model.size);
  },
);

test.prop([fc.array(range, { maxLength: 40 })])(
  "keeps the fewest ranges: ascending, none empty, none touches another or the low mark",
  (ranges) => {
    const { low, above } = ranges.reduce(settle, start);

    for (const [index, { from, to }] of above.entries()) {
      expect(from).toBeGreaterThan(above[index - 1]?.to ?? low);
      expect(to).toBeGreaterThan(from);
    }
  },
);

test.prop([fc.array(range, { maxLength: 40 }), range])("settling twice changes nothing", (ranges, again) => {
  const once = [...ranges, again].reduce(settle, start);

  expect(settle(once, again)).toEqual(once);
});

test.prop([fc.array(range, { maxLength: 20 }), range])(
  "counts the unsettled offsets of a range as a plain set does",
  (ranges, asked) => {
    const cursor = ranges.reduce(settle, start);

    let unsettled = 0;
    for (let offset = asked.from; offset < asked.to; offset += 1) if (!isSettled(cursor, offset)) unsettled += 1;
    expect(unsettledCount(cursor, asked)).toBe(unsettled);
  },
);

test.prop([fc.array(fc.tuple(range, fc.constantFrom("expired", "damaged")), { maxLength: 30 })])(
  "what is lost is settled and counted once, under the first reason",
  (losses) => {
    const cursor = losses.reduce((before, [lost, why]) => settleLost(before, lost, why), start);

    const reasons = new Map<number, string>();
    for (const [{ from, to }, why] of losses)
      for (let offset = Math.max(3, from); offset < to; offset += 1) if (!reasons.has(offset)) reasons.set(offset, why);
    const counted = (why: string) => [...reasons.values()].filter((each) => each === why).length;
    expect(cursor.expired).toBe(counted("expired"));
    expect(cursor.damaged).toBe(counted("damaged"));
    for (const offset of reasons.keys()) expect(isSettled(cursor, offset)).toBe(true);
  },
);

test.prop([fc.array(range, { maxLength: 20 }), fc.nat(70)])(
  "cut at an end, it says nothing of what lies from there on",
  (ranges, end) => {
    const cursor = ranges.reduce(settle, start);

    const cut = cutAt(cursor, end);
    for (let offset = 0; offset < 70; offset += 1)
      expect(isSettled(cut, offset)).toBe(offset < end && isSettled(cursor, offset));
    expect(highest(cut)).toBeLessThanOrEqual(Math.max(end, 0));
  },
);
