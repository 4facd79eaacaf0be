import { expect, test } from "vitest";
import type { FailureClass } from "../../../src/lib/domain/reading.ts";
import { RETRY_DEFAULT, type RetryPolicy } from "../../../src/lib/domain/retry.ts";
import { type FailedAttempt, judge } from "../../../src/lib/domain/verdict.ts";

const list: RetryPolicy = { kind: "list", delaysMs: [1_000, 3_600_000] };
const FIRST: FailedAttempt = {
  reading: { kind: "failed", failure: "answered" },
  attempts: 1,
  strikes: 0,
  isEarly: false,
  served: { attempts: 0, acks: 0 },
  servedThen: undefined,
  waitMs: undefined,
  isHolding: false,
  random: 0.5,
};
const failed = (failure: FailureClass, changes: Partial<FailedAttempt> = {}): FailedAttempt => {
  return { ...FIRST, reading: { kind: "failed", failure }, ...changes };
};
/** The endpoint has served others meanwhile. */
const BUSY = { served: { attempts: 10, acks: 10 }, servedThen: { attempts: 0, acks: 0 } };

test("an answered failure is a strike and is tried again after the first delay", () => {
  expect(judge(list, failed("answered"))).toEqual({ kind: "retry", strikes: 1, delayMs: 1_000 });
});

test("the last strike is death, of the class of its failure", () => {
  expect(judge(list, failed("unavailable", { attempts: 3, strikes: 2, ...BUSY }))).toEqual({
    ...{ kind: "dead", strikes: 3, errorClass: "unavailable" },
  });
  expect(judge(RETRY_DEFAULT, failed("answered", { attempts: 10, strikes: 9 }))).toMatchObject({ kind: "dead" });
});

test("n delays make n + 1 strikes, and the delay follows the attempts, those without a strike included", () => {
  expect(judge(list, failed("answered", { attempts: 2, strikes: 0 }))).toMatchObject({ delayMs: 3_600_000 });
  expect(judge(list, failed("answered", { attempts: 9, strikes: 1 }))).toMatchObject({
    ...{ kind: "retry", delayMs: 3_600_000 },
  });
});

test("without a strike nothing dies, however often it was tried", () => {
  expect(judge(list, failed("connection", { attempts: 900, strikes: 2 }))).toMatchObject({ kind: "retry", strikes: 2 });
  expect(judge(list, failed("unavailable", { attempts: 900, strikes: 2 }))).toMatchObject({
    ...{ kind: "retry", strikes: 2 },
  });
  expect(judge(list, failed("answered", { attempts: 9, strikes: 2, isEarly: true }))).toMatchObject({ kind: "retry" });
});

test("a message that nobody was sent waits ten seconds at most, whatever the policy's first delay", () => {
  const hourly: RetryPolicy = { kind: "list", delaysMs: [3_600_000] };

  expect(judge(hourly, failed("connection"))).toMatchObject({ delayMs: 10_000 });
  expect(judge(hourly, failed("connection", { strikes: 1 }))).toMatchObject({ delayMs: 3_600_000 });
});

test("a probe that came early leaves the message due when it was", () => {
  expect(judge(list, failed("answered", { isEarly: true }))).toEqual({ ...{ kind: "retry", strikes: 0 } });
});

test("what the consumer asked for goes before the delay, also after a probe", () => {
  expect(judge(list, failed("answered", { waitMs: 42_000 }))).toMatchObject({ delayMs: 42_000 });
  expect(judge(list, failed("answered", { waitMs: 42_000, isEarly: true }))).toMatchObject({ delayMs: 42_000 });
});

test("a permanent verdict is death at once, with its class, unless the endpoint refuses everything and its messages are held", () => {
  const permanent: FailedAttempt = { ...FIRST, reading: { kind: "permanent" } };

  expect(judge(list, permanent)).toEqual({ kind: "dead", strikes: 0, errorClass: "permanent" });
  expect(judge(list, { ...permanent, isHolding: true })).toEqual({ kind: "retry", strikes: 0, delayMs: 1_000 });
});

test("410 is nothing against the message", () => {
  expect(judge(list, { ...FIRST, attempts: 2, strikes: 2, reading: { kind: "gone" } })).toMatchObject({
    ...{ kind: "retry", strikes: 2 },
  });
});
