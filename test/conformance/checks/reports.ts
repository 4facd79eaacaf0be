import { expect } from "vitest";
import type { Check } from "../check.ts";
import { OTHER_SUBSCRIPTION, own, ownTwice, SUBSCRIPTION, timeNow } from "../fixtures.ts";

const VALUE = { window: { size: 4 }, list: [1.5, null, "ä → 😀"], on: true };

export const reportChecks: readonly Check[] = [
  {
    promise: "what was never reported on has no report",
    async run({ engine }) {
      expect(await engine.reports.read(SUBSCRIPTION)).toBeUndefined();
    },
  },
  {
    promise: "a report is read back equal, with its time and its epoch, after a restart too",
    async run({ engine, clock, restart }) {
      const hold = await own(engine);
      const report = { value: VALUE, atMs: timeNow(engine, clock), epoch: hold.epoch };

      await engine.reports.report(hold, VALUE);
      await clock.advance(5_000);

      expect(await engine.reports.read(SUBSCRIPTION)).toStrictEqual(report);
      expect(await (await restart()).reports.read(SUBSCRIPTION)).toStrictEqual(report);
    },
  },
  {
    promise: "a later report replaces the earlier one",
    async run({ engine, clock }) {
      const hold = await own(engine);
      await engine.reports.report(hold, VALUE);
      await clock.advance(1_000);

      await engine.reports.report(hold, { window: null });

      const atMs = timeNow(engine, clock);
      expect(await engine.reports.read(SUBSCRIPTION)).toStrictEqual({
        value: { window: null },
        atMs,
        epoch: hold.epoch,
      });
    },
  },
  {
    promise: "the engine keeps its own copy of a report",
    async run({ engine }) {
      const value = { circuit: "open" };
      await engine.reports.report(await own(engine), value);

      value.circuit = "closed";

      expect(await engine.reports.read(SUBSCRIPTION)).toMatchObject({ value: { circuit: "open" } });
    },
  },
  {
    promise: "a report under a superseded hold fails with epoch_stale and changes nothing",
    async run({ engine }) {
      const { old, current } = await ownTwice(engine);
      await engine.reports.report(current, "newer");

      await expect(engine.reports.report(old, "older")).rejects.toMatchObject({ code: "epoch_stale" });

      expect(await engine.reports.read(SUBSCRIPTION)).toMatchObject({ value: "newer", epoch: current.epoch });
    },
  },
  {
    promise: "forget removes the report of one subscription and of no other",
    async run({ engine }) {
      const other = await own(engine, OTHER_SUBSCRIPTION);
      await engine.reports.report(other, "other");
      await engine.reports.report(await own(engine), "gone");

      await engine.cursors.forget(SUBSCRIPTION);

      expect(await engine.reports.read(SUBSCRIPTION)).toBeUndefined();
      expect(await engine.reports.read(OTHER_SUBSCRIPTION)).toMatchObject({ value: "other" });
    },
  },
];
