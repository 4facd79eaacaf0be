import { expect, it } from "vitest";
import { expiryClock } from "../../../src/lib/domain/expiry.ts";
import { manualClock } from "../../support/manual-clock.ts";

it("follows the wall clock, but never ahead of what has truly passed", async () => {
  const clock = manualClock(1_000_000);
  const expiryNow = expiryClock(clock);

  await clock.advance(5_000);
  expect(expiryNow()).toBe(1_005_000);

  clock.jump(3_600_000);
  expect(expiryNow()).toBe(1_005_000);

  clock.jump(-7_200_000);
  expect(expiryNow()).toBe(1_005_000 - 3_600_000);
});
