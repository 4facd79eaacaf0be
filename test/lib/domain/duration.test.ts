import { fc } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { durationMs, durationText, formatDuration, parseDurationMs } from "../../../src/lib/domain/duration.ts";

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5h", 5_400_000],
  ["1h30m", 5_400_000],
  ["3d", 259_200_000],
  ["0s", 0],
  ["10", undefined],
  ["-5s", undefined],
  ["5 s", undefined],
  ["5S", undefined],
  ["", undefined],
  ["1e3s", undefined],
  ["99999999999999999d", undefined],
])("%s is %s ms", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test("what is no duration is refused by name, with the form that works", () => {
  expect(() => durationMs("soon", "The timeout")).toThrow('The timeout is "soon", which is not a duration.');
});

test.each([
  [0, "0ms"],
  [850, "850ms"],
  [1_000, "1s"],
  [125_000, "2m 5s"],
  [3_600_000, "1h"],
  [273_600_000, "3d 4h"],
  [86_400_000 + 5_000, "1d"],
  [59_999, "1m"],
])("%d ms is written %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("a duration written exactly is read as it was", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), (ms) => {
      expect(parseDurationMs(durationText(ms))).toBe(ms);
    }),
  );
  expect([durationText(0), durationText(5_400_000), durationText(1_500)]).toEqual(["0ms", "1h30m", "1s500ms"]);
});
