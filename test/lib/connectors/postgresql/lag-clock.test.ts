import { expect, test } from "vitest";
import { lagClock } from "../../../../src/lib/connectors/postgresql/lag-clock.ts";

function opened() {
  let nowMs = 1_000;
  const clock = lagClock({ monotonic: () => nowMs });
  const at = (ms: number) => {
    nowMs = ms;
  };
  return { clock, at };
}

test("what was written since is as old as the look that first saw it", () => {
  const { clock, at } = opened();
  expect(clock.waitedMs("s", { head: 10n, confirmed: 10n })).toBe(0);
  at(2_000);
  expect(clock.waitedMs("s", { head: 20n, confirmed: 10n })).toBe(0);
  at(5_000);
  expect(clock.waitedMs("s", { head: 30n, confirmed: 10n })).toBe(3_000);
  at(6_000);

  // Up to 20 is read now; what waits was first seen at 5 000.
  expect(clock.waitedMs("s", { head: 30n, confirmed: 20n })).toBe(1_000);
  expect(clock.waitedMs("s", { head: 30n, confirmed: 30n })).toBe(0);
});

test("a log that stands still with something unread gets older all the same", () => {
  const { clock, at } = opened();
  clock.waitedMs("s", { head: 20n, confirmed: 10n });
  for (const ms of [2_000, 3_000]) {
    at(ms);
    clock.waitedMs("s", { head: 20n, confirmed: 10n });
  }

  expect(clock.waitedMs("s", { head: 20n, confirmed: 10n })).toBe(2_000);
});

test("weeks of looks are remembered in little room, the oldest among them", () => {
  const { clock, at } = opened();
  for (let look = 0; look < 10_000; look += 1) {
    at(1_000 + look * 10_000);
    clock.waitedMs("s", { head: BigInt(look + 1), confirmed: 0n });
  }

  expect(clock.waitedMs("s", { head: 10_000n, confirmed: 0n })).toBe(9_999 * 10_000);
  const half = clock.waitedMs("s", { head: 10_000n, confirmed: 5_000n });
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThanOrEqual(5_000 * 10_000);
});
