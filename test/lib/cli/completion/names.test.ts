import { expect, test } from "vitest";
import { NAMES_MS_MAX, namesInTime } from "../../../../src/lib/cli/completion/names.ts";
import type { AdminClient } from "../../../../src/lib/client/admin.ts";
import { manualClock } from "../../../support/manual-clock.ts";

test("a broker that does not answer in time has no names", async () => {
  const clock = manualClock();
  const silent = () => new Promise<AdminClient>(() => undefined);
  const names = namesInTime(silent, { of: "topic", clock });

  await clock.advance(NAMES_MS_MAX);

  expect(await names).toEqual([]);
});

test("whatever fails, there are no names and no error", async () => {
  const broken = async () => {
    throw new Error("The configuration is wrong.");
  };

  expect(await namesInTime(broken, { of: "subscription", clock: manualClock() })).toEqual([]);
});
