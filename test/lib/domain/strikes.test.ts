import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { isStrike } from "../../../src/lib/domain/strikes.ts";

const BEFORE = { attempts: 100, acks: 40 };
/** So many others since this message's previous attempt, so many of them acknowledged. */
const since = (others: number, acked: number) =>
  isStrike({
    ...{ failure: "unavailable", isEarly: false, servedThen: BEFORE },
    served: { attempts: BEFORE.attempts + others, acks: BEFORE.acks + acked },
  });

test("an answered failure is a strike, also the first", () => {
  expect(isStrike({ failure: "answered", isEarly: false, served: BEFORE, servedThen: undefined })).toBe(true);
  expect(isStrike({ failure: "answered", isEarly: false, served: BEFORE, servedThen: BEFORE })).toBe(true);
});

test("a connection-level failure never is one, whatever the others got", () => {
  const served = { attempts: 200, acks: 140 };

  expect(isStrike({ failure: "connection", isEarly: false, served, servedThen: BEFORE })).toBe(false);
});

test("a probe ahead of the message's own due time never is one", () => {
  const served = { attempts: 200, acks: 140 };

  expect(isStrike({ failure: "answered", isEarly: true, served, servedThen: BEFORE })).toBe(false);
  expect(isStrike({ failure: "unavailable", isEarly: true, served, servedThen: BEFORE })).toBe(false);
});

test("an unavailable failure is none at the first attempt, which has no others", () => {
  expect(isStrike({ failure: "unavailable", isEarly: false, served: BEFORE, servedThen: undefined })).toBe(false);
});

test.each([
  [0, 0, false],
  [1, 0, false],
  [1, 1, true],
  [2, 1, true],
  [3, 1, false],
  [4, 2, true],
  [10, 4, false],
  [10, 5, true],
])("an unavailable failure with %d others since, %d of them acknowledged: a strike is %s", (others, acked, is) => {
  expect(since(others, acked)).toBe(is);
});

property.prop([fc.nat(1_000), fc.nat(1_000)])(
  "an unavailable failure is a strike exactly if at least half of the others, and one, were acknowledged",
  (acked, failed) => {
    expect(since(acked + failed, acked)).toBe(acked >= 1 && acked >= failed);
  },
);
