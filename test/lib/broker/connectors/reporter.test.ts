import { expect, test } from "vitest";
import { LIMITS } from "../../../../src/lib/broker/connectors/limits.ts";
import { reporter } from "../../../../src/lib/broker/connectors/reporter.ts";
import { activity } from "../../../../src/lib/broker/delivery/activity.ts";
import { firstReport } from "../../../../src/lib/domain/connector-status.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { notes } from "../../../support/broker.ts";
import { manualClock, settle } from "../../../support/manual-clock.ts";
import { scriptedSource } from "../../../support/scripted-source.ts";

/** A reporter whose writes wait until the test lets the next one through. */
async function held() {
  const clock = manualClock();
  const engine = memoryEngine({ clock });
  const gates: (() => void)[] = [];
  const reports: typeof engine.reports = {
    ...engine.reports,
    async report(ownership, value) {
      await new Promise<void>((pass) => void gates.push(pass));
      await engine.reports.report(ownership, value);
    },
  };
  const ownership = { resource: "connectors/c-1", epoch: 1 };
  engine.owners.handle({ acquired: async () => {}, released: async () => {}, lost: () => {} });
  await engine.owners.want(ownership.resource);
  const parts = {
    ...{ engine: { ...engine, reports }, clock, observer: notes(), sources: { postgresql: scriptedSource() } },
    ...{ random: () => 0.5, limits: LIMITS, activity: activity(), ownership, name: "shop" },
    ...{ lost: new AbortController().signal, superseded: () => {} },
  };
  const first = firstReport(0, clock.now());
  const stored = async () => (await engine.reports.read(ownership.resource))?.value;
  const letThrough = async () => {
    gates.shift()?.();
    await settle();
  };
  return { reporter: reporter(parts, first, () => () => {}), stored, letThrough };
}

test("what has to be durable is not taken for it because an earlier report is", async () => {
  const { reporter, stored, letThrough } = await held();
  let isSettled = false;
  reporter.note({ position: "0/1" });

  const settling = reporter.settle({ position: "0/2" }).then(() => {
    isSettled = true;
  });
  await letThrough();
  const afterFirst = [isSettled, await stored()];
  await letThrough();
  await settling;

  expect(afterFirst).toEqual([false, expect.objectContaining({ position: "0/1" })]);
  expect(await stored()).toMatchObject({ position: "0/2" });
});
