import { expect, onTestFinished, test } from "vitest";
import { activity } from "../../../../src/lib/broker/delivery/activity.ts";
import type { DeliveryStatus } from "../../../../src/lib/broker/delivery/delivery.ts";
import { Endpoint } from "../../../../src/lib/broker/delivery/endpoint.ts";
import type { Hold } from "../../../../src/lib/broker/delivery/hold.ts";
import { LIMITS } from "../../../../src/lib/broker/delivery/limits.ts";
import { reporter } from "../../../../src/lib/broker/delivery/reporter.ts";
import { runningRedrives } from "../../../../src/lib/broker/delivery/running-redrives.ts";
import { memoryEngine } from "../../../../src/lib/engine/memory/engine.ts";
import { ENDPOINT, HEALTHY, notes } from "../../../support/broker.ts";
import { type ManualClock, manualClock } from "../../../support/manual-clock.ts";

const STATUS: DeliveryStatus = {
  ...{ health: "ok", healthReason: null, endpoint: HEALTHY, inFlight: 0, parked: 0, nextAttemptMs: null },
  ...{ oldestHeldMs: null, cursors: [], ackPerS: 0 },
};

/** The reporter of one hold, asked four times a second as delivery does; when it reports, and how often it looks. */
function world(epoch: number, clock: ManualClock) {
  const [engine, ended] = [memoryEngine({ clock }), new AbortController()];
  onTestFinished(() => ended.abort());
  const reportedAtMs: number[] = [];
  let looks = 0;
  const hold: Hold = {
    engine: {
      ...engine,
      reports: { ...engine.reports, report: async () => void reportedAtMs.push(clock.monotonic()) },
    },
    ...{ clock, observer: notes(), limits: LIMITS, activity: activity(), redrives: runningRedrives(engine.catalog) },
    ...{ remembered: undefined, ownership: { resource: "s", epoch }, ttlMs: 1, letterTtlMs: 1, expiryNow: () => 0 },
    ...{ signal: ended.signal, close: () => ended.abort(), superseded: () => ended.abort() },
    subscription: {
      ...{ name: "billing", id: "s", topic: "orders", topicId: "t", endpoint: ENDPOINT, state: "active" },
      ...{ retry: { kind: "list", delaysMs: [] }, timeoutMs: 1, maxInFlight: 1, deadLetterTopic: "e" },
      ...{ generation: 0, createdAtMs: 0 },
    },
  };
  const endpoint = new Endpoint({ hold, known: undefined, parked: [], turned: () => {} });
  const reports = reporter(hold, endpoint, () => {
    looks += 1;
    return STATUS;
  });
  return { reports, reportedAtMs, looks: () => looks };
}

async function pass(all: readonly ReturnType<typeof world>[], isShared: boolean, clock: ManualClock, seconds: number) {
  for (let quarter = 0; quarter < seconds * 4; quarter += 1) {
    for (const { reports } of all) reports.pass(isShared);
    await clock.advance(250);
  }
}

test("how a subscription stands is looked at about once a second, however often that is asked for", async () => {
  const clock = manualClock();
  const one = world(1, clock);

  await pass([one], true, clock, 20);

  expect(one.looks()).toBeGreaterThanOrEqual(18);
  expect(one.looks()).toBeLessThanOrEqual(22);
  expect(one.reportedAtMs).toHaveLength(1);
});

test("where there are no other nodes it is not looked at, and nothing is told", async () => {
  const clock = manualClock();
  const one = world(1, clock);

  await pass([one], false, clock, 60);

  expect([one.looks(), one.reportedAtMs]).toEqual([0, []]);
});

test("what many began to tell at the same moment they do not tell again at the same moment, and none later than it says", async () => {
  const clock = manualClock();
  const all = Array.from({ length: 40 }, (_, index) => world(1 + index * 37, clock));

  await pass(all, true, clock, 32);

  const again = all.map(({ reportedAtMs: [first = 0, second = Number.POSITIVE_INFINITY] }) => second - first);
  expect(Math.max(...again)).toBeLessThanOrEqual(LIMITS.toldAgainMs + LIMITS.reportPeriodMs + LIMITS.commitPeriodMs);
  expect(new Set(again).size).toBeGreaterThan(5);
});
