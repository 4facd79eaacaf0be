import { expect, test } from "vitest";
import { Replays } from "../../../../src/lib/broker/delivery/replays.ts";
import { cursorAt, type OffsetRange } from "../../../../src/lib/domain/cursor.ts";
import { PARKED_MAX } from "../../../../src/lib/domain/subscription.ts";
import { manualClock } from "../../../support/manual-clock.ts";

const SHARD = { topicId: "topic-1", index: 0 };

/** Every second message was parked when the rewind suspended it; none of the others had been settled above `low`. */
function rewound(countMax: number, low: number): Replays {
  // In the order of a store that does not sort them by offset.
  const sources = Array.from({ length: countMax }, (_, index) => ({
    shard: SHARD,
    offset: 2 * (countMax - 1 - index),
  }));
  const cursor = cursorAt(low, { topicId: SHARD.topicId, subscriptionId: "subscription-1" });
  return new Replays(
    { subscription: { topicId: SHARD.topicId }, clock: manualClock() },
    {
      replays: { ranges: [], before: [{ shard: SHARD, cursor }], ratePerS: null },
      suspended: { sources, untilMs: 0 },
    },
  );
}

function lostOf(replays: Replays, ranges: readonly OffsetRange[]): readonly OffsetRange[] {
  const lost: OffsetRange[] = [];
  const positions = { lose: (_: number, range: OffsetRange) => void lost.push(range), pass: () => {} };
  for (const range of ranges) replays.lose(positions, { at: { index: 0, shard: SHARD }, range, why: "expired" });
  return lost;
}

// Bounded by the runner's own limit: looking at all of them for each of them takes minutes.
test("a rewind that suspends as many entries as may be parked does not stop the broker for a minute", () => {
  const ranges = Array.from({ length: 2 * PARKED_MAX }, (_, from) => ({ from, to: from + 1 }));

  const lost = lostOf(rewound(PARKED_MAX, 2 * PARKED_MAX), ranges);

  expect(lost).toHaveLength(PARKED_MAX);
});

test("of what expires again, only what had never been settled and what was suspended is counted", () => {
  const lost = lostOf(rewound(5, 8), [
    { from: 1, to: 4 },
    { from: 4, to: 5 },
    { from: 5, to: 6 },
    { from: 6, to: 10 },
  ]);

  expect(lost).toEqual([
    { from: 2, to: 3 },
    { from: 4, to: 5 },
    { from: 8, to: 10 },
    { from: 6, to: 7 },
    { from: 8, to: 9 },
  ]);
});
