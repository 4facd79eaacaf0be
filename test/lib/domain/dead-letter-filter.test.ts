import { expect, test } from "vitest";
import type { DeadLetterInfo } from "../../../src/lib/domain/dead-letter.ts";
import { filterAt, matches, parseFilters } from "../../../src/lib/domain/dead-letter-filter.ts";

const info: DeadLetterInfo = {
  ...{ reason: "Answered 503 (busy=yes)", errorClass: "answered", status: 503, attempts: 1, subscription: "billing" },
  ...{ sourceTopic: "orders", source: { shard: 0, offset: 0 }, publishTimeMs: 0, firstFailureMs: 0, failedMs: 10_000 },
  ...{ redriveCount: 0, redrivenFrom: null },
};
const letter = { info, attributes: [["event-type", "created"]] as const };
const holds = (...texts: readonly string[]) => matches(filterAt(parseFilters(texts), 20_000), letter);

test.each([
  ["reason=answered", true],
  ["reason=busy=yes", true],
  ["reason=timeout", false],
  ["class=answered", true],
  ["class=expired", false],
  ["status=503", true],
  ["status=500", false],
  ["type=created", true],
  ["type=create", false],
  ["since=10s", true],
  ["since=9s", false],
  ["since=1970-01-01T00:00:10Z", true],
  ["since=1970-01-01T00:00:10.001Z", false],
])("%s: %s", (text, expected) => {
  expect(holds(text)).toBe(expected);
});

test("all filters must hold, and none holds for all", () => {
  expect(holds("status=503", "type=created")).toBe(true);
  expect(holds("status=503", "type=deleted")).toBe(false);
  expect(holds()).toBe(true);
});

test.each([
  ["staus=500", 'There is no filter "staus". Did you mean status=…?'],
  ["colour", 'There is no filter "colour".'],
  ["status=", "The filter status has no value."],
  ["status=abc", "The filter status=abc is no HTTP status."],
  ["status=700", "The filter status=700 is no HTTP status."],
  ["class=dead", 'There is no class "dead"; there are permanent, answered, unavailable, connection, expired.'],
  ["since=yesterday", "The filter since=yesterday is neither a time nor how long ago."],
])("%s is refused, with the reason", (text, message) => {
  expect(() => parseFilters([text])).toThrow(expect.objectContaining({ code: "invalid_request", message }));
});

test("a filter that is given twice is refused", () => {
  expect(() => parseFilters(["status=500", "status=503"])).toThrow("The filter status is given twice");
});
