import { expect, test } from "vitest";
import { type Circuit, circuit, type FailedPush, reopened } from "../../../src/lib/domain/circuit.ts";
import type { Outcome } from "../../../src/lib/domain/delivery.ts";
import { readOutcome, type Unacknowledged } from "../../../src/lib/domain/reading.ts";

const WALL_MS = Date.UTC(2026, 0, 1);
const status = (code: number): Outcome => ({ kind: "answered", status: code, tookMs: 1 });
const refused: Outcome = { kind: "connection", reason: "connection refused", tookMs: 1 };
const unresolved: Outcome = { kind: "connection", reason: "no address", fault: "dns", tookMs: 1 };
const untrusted: Outcome = { kind: "connection", reason: "TLS: self-signed", fault: "tls", tookMs: 1 };
const at = (monotonicMs: number) => ({ monotonicMs, wallMs: WALL_MS + monotonicMs });

function reading(outcome: Outcome): Unacknowledged {
  const read = readOutcome(outcome, [422]);
  if (read.kind === "ack" || read.kind === "business") throw new Error("That was acknowledged.");
  return read;
}

/** A failure of the message, at this second. */
function fail(of: Circuit, id: string, outcome: Outcome, changes: Partial<FailedPush> & { atS?: number } = {}): void {
  const { atS = 0, ...push } = changes;
  const all = { messageId: id, outcome, reading: reading(outcome), isProbe: false, hasStrike: false };
  of.failed({ ...all, onRejecting: "hold", ...push }, at(atS * 1_000));
}

test("opens on 5 failures in a row over at least 3 messages, and not before", () => {
  const tested = circuit();

  for (const id of ["a", "b", "b", "b"]) fail(tested, id, status(500));
  expect(tested.open).toBeUndefined();
  fail(tested, "b", status(500));
  expect(tested.open).toBeUndefined();
  fail(tested, "c", status(500));

  expect(tested.open).toMatchObject({ kind: "failing", reason: "answered 500", sinceMs: WALL_MS, probes: 0 });
});

test("an acknowledgement ends the row, and so does a permanent verdict: the endpoint does its work", () => {
  const tested = circuit();

  for (const id of ["a", "b", "c", "d"]) fail(tested, id, status(503));
  tested.acked("e", false, 0);
  for (const id of ["f", "g", "h", "i"]) fail(tested, id, status(503), { atS: 60 });
  fail(tested, "j", status(422), { atS: 60 });
  fail(tested, "k", status(503), { atS: 60 });

  expect(tested.open).toBeUndefined();
});

test("opens on 3 connection-level failures in a row, also of one message", () => {
  const tested = circuit();

  fail(tested, "a", refused);
  fail(tested, "a", refused);
  fail(tested, "b", status(500));
  fail(tested, "a", refused);
  fail(tested, "a", refused);
  expect(tested.open).toBeUndefined();
  fail(tested, "a", refused);

  expect(tested.open).toMatchObject({ kind: "unreachable", reason: "connection refused" });
});

/** Seven failures and three acknowledgements, no five failures in a row, one outcome each so many seconds. */
function sevenOfTen(everyS: number, ids: readonly string[] = ["a", "b", "c", "d"]): Circuit {
  const tested = circuit();
  ["x", "x", "ok", "x", "x", "ok", "x", "ok", "x", "x"].forEach((each, index) => {
    const id = ids[index % ids.length] ?? "";
    if (each === "ok") tested.acked(id, false, index * everyS * 1_000);
    else fail(tested, id, status(503), { atS: index * everyS });
  });
  return tested;
}

test("opens on at least 10 outcomes over at least 3 messages in 30 s with 70 % failures", () => {
  expect(sevenOfTen(1).open).toMatchObject({ kind: "failing" });
});

test("the same over a longer time, or over two messages, opens nothing", () => {
  expect(sevenOfTen(4).open).toBeUndefined();
  expect(sevenOfTen(1, ["a", "b"]).open).toBeUndefined();
});

test("failures of messages that already have a strike do not count", () => {
  const tested = circuit();

  for (let index = 0; index < 100; index += 1) fail(tested, `m${index}`, status(500), { hasStrike: true });
  for (let index = 0; index < 100; index += 1) fail(tested, `m${index}`, refused, { hasStrike: true });

  expect(tested.open).toBeUndefined();
});

function opened(outcome: Outcome): Circuit {
  const tested = circuit();
  for (const id of ["a", "b", "c", "d", "e"]) if (tested.open === undefined) fail(tested, id, outcome);
  return tested;
}

/** The seconds between the probes, each sent at its time and failing as before. */
function gapsS(of: Circuit, outcome: Outcome, count: number): readonly number[] {
  let [nowMs, gaps] = [0, [] as number[]];
  for (let probe = 0; probe < count; probe += 1) {
    const nextMs = of.open?.nextProbeMs ?? Number.NaN;
    gaps = [...gaps, (nextMs - nowMs) / 1_000];
    nowMs = nextMs;
    of.probe(nowMs);
    fail(of, "p", outcome, { isProbe: true, atS: nowMs / 1_000 });
  }
  return gaps;
}

test.each([
  ["503", status(503)],
  ["500", status(500)],
  ["a refused connection", refused],
])("probes after %s come after 1 s, doubling to 10 s", (_name, outcome) => {
  expect(gapsS(opened(outcome), outcome, 7)).toEqual([1, 2, 4, 8, 10, 10, 10]);
});

test.each([
  ["DNS", unresolved],
  ["TLS", untrusted],
  ["401", status(401)],
  ["403", status(403)],
  ["404", status(404)],
])("probes after %s come after 5 s, doubling to 60 s", (_name, outcome) => {
  expect(gapsS(opened(outcome), outcome, 7)).toEqual([5, 10, 20, 40, 60, 60, 60]);
});

test("an endpoint that is found again but still fails is looked at sooner", () => {
  const tested = opened(unresolved);
  gapsS(tested, unresolved, 5);
  const nextMs = tested.open?.nextProbeMs ?? 0;

  fail(tested, "p", status(503), { isProbe: true, atS: nextMs / 1_000 - 55 });

  expect(tested.open).toMatchObject({ pace: "fast", reason: "answered 503", nextProbeMs: nextMs - 45_000 });
});

test("a probe's acknowledgement closes it and all outcomes are forgotten; any other acknowledgement does not", () => {
  const tested = opened(status(503));

  tested.acked("late", false, 0);
  expect(tested.open).toBeDefined();
  tested.acked("p", true, 1_000);
  expect(tested.open).toBeUndefined();
  for (const id of ["f", "g", "h", "i"]) fail(tested, id, status(503), { atS: 2 });

  expect(tested.open).toBeUndefined();
});

test("it never gives up: after a thousand probes there is a next one", () => {
  const tested = opened(status(503));

  expect(gapsS(tested, status(503), 2_000).at(-1)).toBe(10);
});

test("20 permanent verdicts among the last 30 open it as rejecting", () => {
  const tested = circuit();
  for (let index = 0; index < 10; index += 1) {
    fail(tested, `p${index}`, status(422));
    if (index > 0) fail(tested, `q${index}`, status(422));
    tested.acked(`a${index}`, false, 0);
  }
  expect([tested.open, tested.rejected]).toEqual([undefined, undefined]);

  fail(tested, "last", status(422));

  expect(tested.open).toMatchObject({ kind: "rejecting", reason: "answered 422" });
});

test("19 permanent verdicts among the last 30, and 20 among the last 31, open nothing", () => {
  const tested = circuit();

  for (let index = 0; index < 10; index += 1) fail(tested, `p${index}`, status(422));
  for (let index = 0; index < 11; index += 1) tested.acked(`a${index}`, false, 0);
  for (let index = 0; index < 10; index += 1) fail(tested, `q${index}`, status(422));

  expect(tested.open).toBeUndefined();
});

test("where they shall be dead letters it stays closed and says how many were refused", () => {
  const tested = circuit();

  for (let index = 0; index < 25; index += 1) fail(tested, `m${index}`, status(422), { onRejecting: "dead-letter" });

  expect([tested.open, tested.rejected]).toEqual([undefined, 25]);
});

test("a failing endpoint that begins to refuse for good becomes a rejecting one", () => {
  const tested = opened(status(503));

  for (let probe = 0; probe < 20; probe += 1) fail(tested, `m${probe}`, status(422), { isProbe: true });

  expect(tested.open).toMatchObject({ kind: "rejecting", sinceMs: WALL_MS });
});

test("410 opens nothing: the subscription is paused", () => {
  const tested = circuit();

  for (let index = 0; index < 50; index += 1) fail(tested, `m${index}`, status(410));

  expect(tested.open).toBeUndefined();
});

test("reopened by the next owner its probe comes at its time, and never later than a minute", () => {
  const reported = { kind: "failing", sinceMs: 5, reason: "answered 503", pace: "fast", probes: 9 } as const;
  const next = (nextProbeMs: number) => reopened({ ...reported, nextProbeMs }, { wallMs: WALL_MS, monotonicMs: 70 });

  expect(next(WALL_MS + 4_000)).toEqual({ ...reported, nextProbeMs: 4_070 });
  expect(next(WALL_MS - 4_000)).toEqual({ ...reported, nextProbeMs: 70 });
  expect(next(WALL_MS + 9_000_000)).toEqual({ ...reported, nextProbeMs: 60_070 });
});
