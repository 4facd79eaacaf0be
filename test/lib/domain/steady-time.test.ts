import { expect, test } from "vitest";
import { steadyWallTime } from "../../../src/lib/domain/steady-time.ts";

/** Two clocks that go a little differently, as those of a machine do. */
function clocks() {
  const at = { wallMs: 1_000_000, monotonicMs: 500 };
  const clock = { now: () => at.wallMs, monotonic: () => at.monotonicMs, after: async () => {} };
  return { at, wallOf: steadyWallTime(clock) };
}

test("a time is told as the same one though the clocks go a little differently", () => {
  const { at, wallOf } = clocks();
  const first = wallOf(2_500);

  at.wallMs += 1_000;
  at.monotonicMs += 999.4;

  expect([first, wallOf(2_500)]).toEqual([1_002_000, 1_002_000]);
});

test("another time is another one, and one after the wall clock was set is told by what it says now", () => {
  const { at, wallOf } = clocks();
  wallOf(2_500);

  const next = wallOf(2_501);
  at.wallMs += 3_600_000;

  expect([next, wallOf(2_501)]).toEqual([1_002_001, 4_602_001]);
});
