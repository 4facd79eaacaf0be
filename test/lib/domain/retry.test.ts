import { expect, test } from "vitest";
import { RETRY_DEFAULT, retryDelayMs, strikesMax } from "../../../src/lib/domain/retry.ts";

test.each([
  [0, 5_000],
  [1, 5_000],
  [2, 10_000],
  [6, 160_000],
  [7, 300_000],
  [9, 300_000],
  [5_000, 300_000],
])("by default attempt %d is followed by a wait of %d ms", (attempts, ms) => {
  expect(retryDelayMs(RETRY_DEFAULT, attempts, 0.5)).toBe(ms);
});

test("jitter spreads a delay over 20 % to each side", () => {
  expect(retryDelayMs(RETRY_DEFAULT, 1, 0)).toBe(4_000);
  expect(retryDelayMs(RETRY_DEFAULT, 1, 0.999999)).toBe(6_000);
});

test("a list of n delays gives n + 1 strikes, each delay exactly", () => {
  const policy = { kind: "list", delaysMs: [1_000, 2_000] } as const;

  expect(strikesMax(policy)).toBe(3);
  expect([0, 1, 2].map((attempts) => retryDelayMs(policy, attempts, 0))).toEqual([1_000, 1_000, 2_000]);
});
