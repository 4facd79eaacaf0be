import { expect, test } from "vitest";
import type { AnswerDetails, Outcome } from "../../../src/lib/domain/delivery.ts";
import { readOutcome, reasonOf } from "../../../src/lib/domain/reading.ts";

const answer = (status: number, details?: AnswerDetails): Outcome => ({
  ...{ kind: "answered", status, tookMs: 1 },
  ...(details === undefined ? {} : { details }),
});
const said = (status: number, result: string) => answer(status, { result });
const broken: Outcome = { kind: "unavailable", reason: "no answer within 30s", tookMs: 1 };
const refused: Outcome = { kind: "connection", reason: "connection refused", tookMs: 1 };

test.each([200, 201, 204, 299])("%d is always an acknowledgement, whatever else it says", (status) => {
  expect(readOutcome(answer(status))).toEqual({ kind: "ack" });
  expect(readOutcome(said(status, "permanent"), [status])).toEqual({ kind: "ack" });
});

test.each([199, 300, 301, 307, 400, 401, 404, 422, 500, 501])("%d is a transient failure, answered", (status) => {
  expect(readOutcome(answer(status))).toEqual({ kind: "failed", failure: "answered" });
});

test.each([429, 502, 503, 504])("%d is a transient failure, unavailable", (status) => {
  expect(readOutcome(answer(status))).toEqual({ kind: "failed", failure: "unavailable" });
});

test("no answer is unavailable; no byte sent is connection-level", () => {
  expect(readOutcome(broken)).toEqual({ kind: "failed", failure: "unavailable" });
  expect(readOutcome(refused)).toEqual({ kind: "failed", failure: "connection" });
});

test("a permanent status is permanent, the others stay transient", () => {
  expect(readOutcome(answer(422), [400, 422])).toEqual({ kind: "permanent" });
  expect(readOutcome(answer(500), [400, 422])).toEqual({ kind: "failed", failure: "answered" });
});

test("410 is gone", () => {
  expect(readOutcome(answer(410))).toEqual({ kind: "gone" });
});

test.each([
  ["permanent", { kind: "permanent" }],
  [" Permanent ", { kind: "permanent" }],
  ["business", { kind: "business" }],
  ["transient", { kind: "failed", failure: "answered" }],
  ["perhaps", { kind: "failed", failure: "answered" }],
])("X-KB-Result: %j refines a non-2XX", (word, reading) => {
  expect(readOutcome(said(500, word))).toEqual(reading);
});

test("the consumer's own word goes before the subscription's statuses and before 410", () => {
  expect(readOutcome(said(400, "transient"), [400])).toEqual({ kind: "failed", failure: "answered" });
  expect(readOutcome(said(410, "business"))).toEqual({ kind: "business" });
  expect(readOutcome(said(503, "transient"))).toEqual({ kind: "failed", failure: "unavailable" });
});

test("no control character of the consumer's comes into a reason", () => {
  expect(reasonOf(answer(500, { excerpt: "\u001b[2Jgone\u0000\u202e" }))).toBe("answered 500: ?[2Jgone??");
});

test("a reason is in words, with the consumer's own text on one line", () => {
  const text = answer(422, { excerpt: '{"error":\n   "no such order"}\n' });

  expect([answer(503), refused, text].map(reasonOf)).toEqual([
    "answered 503",
    "connection refused",
    'answered 422: {"error": "no such order"}',
  ]);
});
