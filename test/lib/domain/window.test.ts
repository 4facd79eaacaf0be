import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type Window, window } from "../../../src/lib/domain/window.ts";

/** Sends as many as there is room for, then gives each its end. One round trip. */
function round(of: Window, bad = 0): number {
  const tickets = Array.from({ length: of.size }, () => of.begin());
  of.full();
  tickets.forEach((ticket, index) => {
    if (index < bad) of.bad(ticket);
    else of.clean(ticket);
  });
  return of.size;
}

test("starts at 4 and doubles with each clean round trip, up to its cap", () => {
  const tested = window(100);

  expect([tested.size, ...Array.from({ length: 6 }, () => round(tested))]).toEqual([4, 8, 16, 32, 64, 100, 100]);
});

test("after the first bad sign it grows by one with each clean round trip", () => {
  const tested = window(100);
  round(tested);

  expect([round(tested, 1), round(tested), round(tested), round(tested)]).toEqual([5, 6, 7, 8]);
});

test("shrinks to seven tenths, at most once in a round trip", () => {
  const tested = window(100, { size: 100, isDoubling: true });
  const tickets = Array.from({ length: 100 }, () => tested.begin());

  for (const ticket of tickets) tested.bad(ticket);
  expect(tested.size).toBe(70);
  tested.bad(tested.begin());

  expect(tested.size).toBe(49);
});

test("a bad sign counts although another push of its round trip was fine before", () => {
  const tested = window(100);
  const [first, second] = [tested.begin(), tested.begin()];
  tested.full();

  tested.clean(first);
  tested.bad(second);

  expect(tested.size).toBe(5);
});

test("a quiet topic does not widen it: it grows only where it was used", () => {
  const tested = window(100);

  for (let push = 0; push < 50; push += 1) tested.clean(tested.begin());

  expect(tested.size).toBe(4);
});

test("begins anew at 4, and what was sent before says nothing any more", () => {
  const tested = window(100, { size: 50, isDoubling: false });
  const before = tested.begin();

  tested.restart();
  tested.bad(before);

  expect([tested.size, round(tested)]).toEqual([4, 8]);
});

test("follows a cap that changes", () => {
  const tested = window(100, { size: 80, isDoubling: false });

  tested.limit(10);
  expect(tested.size).toBe(10);
  tested.limit(12);

  expect([round(tested), round(tested), round(tested)]).toEqual([11, 12, 12]);
});

test("what an earlier owner knew is gone on with", () => {
  expect(window(100, { size: 37, isDoubling: false }).state).toEqual({ size: 37, isDoubling: false });
  expect(window(2, { size: 37, isDoubling: false }).size).toBe(2);
});

property.prop([fc.array(fc.constantFrom("clean", "bad", "full", "restart")), fc.integer({ min: 1, max: 1_000 })])(
  "is between 1 and its cap, whatever happens",
  (events, max) => {
    const tested = window(max);
    for (const event of events) {
      if (event === "clean") tested.clean(tested.begin());
      else if (event === "bad") tested.bad(tested.begin());
      else if (event === "full") tested.full();
      else tested.restart();
      expect(tested.size).toBeGreaterThanOrEqual(1);
      expect(tested.size).toBeLessThanOrEqual(max);
    }
  },
);
