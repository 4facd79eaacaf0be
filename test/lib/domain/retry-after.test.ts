import { expect, test } from "vitest";
import { waitOf } from "../../../src/lib/domain/retry-after.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 0);
const wait = (retryAfter: string, status = 429) =>
  waitOf({ kind: "answered", status, tookMs: 1, details: { retryAfter } }, NOW_MS)?.delayMs;

test("seconds, and a date in each of HTTP's three forms", () => {
  expect(wait("120")).toBe(120_000);
  expect(wait("Thu, 01 Jan 2026 12:02:00 GMT")).toBe(120_000);
  expect(wait("Thursday, 01-Jan-26 12:02:00 GMT")).toBe(120_000);
  expect(wait("Thu Jan  1 12:02:00 2026")).toBe(120_000);
});

test("between 1 s and 1 h, whatever is asked", () => {
  expect(wait("0")).toBe(1_000);
  expect(wait("Thu, 01 Jan 2026 11:00:00 GMT")).toBe(1_000);
  expect(wait("86400")).toBe(3_600_000);
  expect(wait("9".repeat(400))).toBe(3_600_000);
});

test.each(["", "soon", "1.5", "-3", "2026-01-01T12:02:00Z", "Thu, 99 Foo 2026"])("%j is no time", (text) => {
  expect(wait(text)).toBeUndefined();
});

test.each([
  [429, "subscription"],
  [503, "subscription"],
  [500, "message"],
  [502, "message"],
  [404, "message"],
])("with %d it is about the %s", (status, scope) => {
  const outcome = { kind: "answered", status, tookMs: 1, details: { retryAfter: "5" } } as const;

  expect(waitOf(outcome, NOW_MS)).toEqual({ delayMs: 5_000, scope });
});

test("an answer without it, and no answer, ask for nothing", () => {
  expect(waitOf({ kind: "answered", status: 503, tookMs: 1 }, NOW_MS)).toBeUndefined();
  expect(waitOf({ kind: "unavailable", reason: "broken", tookMs: 1 }, NOW_MS)).toBeUndefined();
});
