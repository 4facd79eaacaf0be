import { expect, test } from "vitest";
import type { Outcome } from "../../../src/lib/domain/delivery.ts";
import { observe, REACHABLE } from "../../../src/lib/domain/reachability.ts";

const refused = (reason: string): Outcome => ({ kind: "connection", reason, tookMs: 1 });
const answered: Outcome = { kind: "answered", status: 500, tookMs: 1 };
const broken: Outcome = { kind: "unavailable", reason: "reset", tookMs: 1 };

test("three connection-level failures in a row mean that nobody is there, since the third", () => {
  const two = [refused("a"), refused("b")].reduce((state, outcome) => observe(state, outcome, 5), REACHABLE);
  expect(two.down).toBeUndefined();

  const three = observe(two, refused("c"), 7);
  expect(three.down).toEqual({ sinceMs: 7, reason: "c" });
  expect(observe(three, refused("d"), 9).down).toEqual({ sinceMs: 7, reason: "d" });
});

test.each([answered, broken])("anything else in between begins the count anew: $kind", (other) => {
  const outcomes = [refused("a"), refused("b"), other, refused("c"), refused("d")];

  expect(outcomes.reduce((state, outcome) => observe(state, outcome, 1), REACHABLE).down).toBeUndefined();
});

test.each([answered, broken])("any byte of a request that arrived shows that somebody is there: $kind", (other) => {
  const down = [refused("a"), refused("b"), refused("c")].reduce((state, each) => observe(state, each, 1), REACHABLE);

  expect(observe(down, other, 2)).toBe(REACHABLE);
});
