import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { rateMeter } from "../../../src/lib/domain/rate.ts";

test("a young meter divides by its age, by one second at least", () => {
  const meter = rateMeter(500);

  meter.add(10, 600);
  expect(meter.perS(700)).toBe(10);
  expect(meter.perS(5_500)).toBe(2);
});

test("a steady rate is shown as it is, and silence brings it to 0 within the window", () => {
  const meter = rateMeter(0);
  for (let ms = 0; ms < 300_000; ms += 100) meter.add(1, ms);

  expect(meter.perS(300_000)).toBeCloseTo(10, 0);
  expect(meter.perS(330_000)).toBeCloseTo(5, 0);
  expect(meter.perS(360_000)).toBe(0);
  expect(meter.perS(9_999_999)).toBe(0);
});

const steps = fc.array(fc.tuple(fc.nat(20_000), fc.nat(5)), { maxLength: 50 });

property.prop([steps])("counts exactly what lies in the last 60 one-second buckets", (given) => {
  const meter = rateMeter(0);
  const events: (readonly [number, number])[] = [];
  let nowMs = 0;
  for (const [waitMs, count] of given) {
    nowMs += waitMs;
    meter.add(count, nowMs);
    events.push([nowMs, count]);
  }

  const oldestMs = Math.max(0, (Math.floor(nowMs / 1_000) - 59) * 1_000);
  const total = events.reduce((sum, [ms, count]) => sum + (ms >= oldestMs ? count : 0), 0);
  expect(meter.perS(nowMs)).toBeCloseTo((total * 1_000) / Math.max(1_000, nowMs - oldestMs), 6);
});
