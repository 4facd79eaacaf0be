import { describe, expect, it } from "vitest";
import { parseStartAt } from "../../../../src/lib/broker/control/start-at.ts";

const NOW_MS = Date.UTC(2026, 0, 31, 12);

describe("where a subscription starts", () => {
  it.each([
    ["latest", { kind: "latest" }],
    ["beginning", { kind: "beginning" }],
    ["2h", { kind: "time", timeMs: NOW_MS - 7_200_000 }],
    ["1.5h", { kind: "time", timeMs: NOW_MS - 5_400_000 }],
    ["0s", { kind: "time", timeMs: NOW_MS }],
    ["2026-01-31T12:00:00Z", { kind: "time", timeMs: NOW_MS }],
    ["2026-01-31T12:00:00.000z", { kind: "time", timeMs: NOW_MS }],
    ["2026-01-31T07:00:00.5-03:00", { kind: "time", timeMs: Date.UTC(2026, 0, 31, 10, 0, 0, 500) }],
    ["2024-02-29T00:00:00Z", { kind: "time", timeMs: Date.UTC(2024, 1, 29) }],
  ])("%s", (text, at) => {
    expect(parseStartAt(text, NOW_MS)).toEqual(at);
  });

  it.each([
    "",
    "newest",
    "Latest",
    "2",
    "-2h",
    "2026-01-31",
    "2026-01-31T12:00:00",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-01-30T25:00:00Z",
    "2026-01-31T12:00:00.001Z",
    "2026-01-31 11:00:00Z",
  ])("refuses %j", (text) => {
    expect(() => parseStartAt(text, NOW_MS)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});
