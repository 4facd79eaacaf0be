import { expect, test } from "vitest";
import { isEndpointReport } from "../../../src/lib/domain/endpoint-report.ts";

const REPORT = {
  served: { attempts: 3, acks: 1 },
  window: { size: 4, isDoubling: true },
  circuit: { kind: "failing", sinceMs: 1, reason: "answered 503", pace: "fast", probes: 2, nextProbeMs: 3 },
  heldUntilMs: 5,
};

test("a report is known with and without its optional parts", () => {
  const { circuit: _, heldUntilMs: __, ...least } = REPORT;

  expect([REPORT, least, JSON.parse(JSON.stringify(REPORT))].map(isEndpointReport)).toEqual([true, true, true]);
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["a list", []],
  ["no counters", { ...REPORT, served: undefined }],
  ["a counter that is none", { ...REPORT, served: { attempts: -1, acks: 0 } }],
  ["a window without a size", { ...REPORT, window: { isDoubling: true } }],
  ["a circuit of another kind", { ...REPORT, circuit: { ...REPORT.circuit, kind: "odd" } }],
  ["a circuit without a pace", { ...REPORT, circuit: { ...REPORT.circuit, pace: undefined } }],
  ["a time that is text", { ...REPORT, heldUntilMs: "soon" }],
])("%s is no report, and nothing is guessed from it", (_name, value) => {
  expect(isEndpointReport(value)).toBe(false);
});
