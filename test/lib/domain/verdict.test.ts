import { expect, test } from "vitest";
import type { Outcome } from "../../../src/lib/domain/delivery.ts";
import { RETRY_DEFAULT, type RetryPolicy } from "../../../src/lib/domain/retry.ts";
import { judge, reasonOf } from "../../../src/lib/domain/verdict.ts";

const list: RetryPolicy = { kind: "list", delaysMs: [1_000, 3_600_000] };
const status = (code: number): Outcome => ({ kind: "answered", status: code, tookMs: 1 });
const broken: Outcome = { kind: "unavailable", reason: "no answer within 30s", tookMs: 1 };
const refused: Outcome = { kind: "connection", reason: "connection refused", tookMs: 1 };
const random = 0.5;

test.each([200, 201, 204, 299])("%d acknowledges", (code) => {
  expect(judge(list, { strikes: 2, outcome: status(code), random })).toEqual({ kind: "ack" });
});

test.each([199, 300, 301, 307, 400, 404, 410, 429, 500, 503])("%d is a strike", (code) => {
  expect(judge(list, { strikes: 0, outcome: status(code), random })).toEqual({
    kind: "retry",
    strikes: 1,
    delayMs: 1_000,
  });
});

test("no answer is a strike, and the delay follows the strikes", () => {
  expect(judge(list, { strikes: 1, outcome: broken, random })).toEqual({
    kind: "retry",
    strikes: 2,
    delayMs: 3_600_000,
  });
});

test("the last strike is death, of the class of its failure", () => {
  expect(judge(list, { strikes: 2, outcome: broken, random })).toEqual({
    kind: "dead",
    strikes: 3,
    errorClass: "unavailable",
  });
  expect(judge(RETRY_DEFAULT, { strikes: 9, outcome: status(500), random })).toMatchObject({
    kind: "dead",
    strikes: 10,
  });
});

test("a connection-level failure is never a strike and never death", () => {
  expect(judge(list, { strikes: 2, outcome: refused, random })).toEqual({
    kind: "retry",
    strikes: 2,
    delayMs: 3_600_000,
  });
});

test("a message that nobody refused waits ten seconds at most, whatever the policy's first delay", () => {
  const hourly: RetryPolicy = { kind: "list", delaysMs: [3_600_000] };

  expect(judge(hourly, { strikes: 0, outcome: refused, random })).toMatchObject({ kind: "retry", delayMs: 10_000 });
});

test("a reason is in words", () => {
  expect([reasonOf(status(503)), reasonOf(refused)]).toEqual(["answered 503", "connection refused"]);
});
