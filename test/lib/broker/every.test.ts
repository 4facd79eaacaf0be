import { expect, test } from "vitest";
import { every } from "../../../src/lib/broker/every.ts";
import { systemClock } from "../../../src/lib/system-clock.ts";

function world(passes: readonly (() => Promise<unknown>)[]) {
  const ending = new AbortController();
  const reported: unknown[] = [];
  const left = [...passes];
  const pass = async () => {
    const next = left.shift();
    if (next === undefined) return ending.abort();
    await next();
  };
  const { signal } = ending;
  const report = (error: unknown) => reported.push(error);
  return { ending, reported, runs: () => every({ clock: systemClock, periodMs: 0, pass, signal, report }) };
}

test("a pass that fails is reported, and the next one is made", async () => {
  const failure = new Error("no storage");
  const made: string[] = [];
  const { reported, runs } = world([() => Promise.reject(failure), async () => made.push("the next one")]);

  await runs();

  expect(reported).toEqual([failure]);
  expect(made).toEqual(["the next one"]);
});

test("a pass that fails because everything ends is not reported", async () => {
  const { ending, reported, runs } = world([
    async () => {
      ending.abort();
      throw new Error("closed");
    },
  ]);

  await runs();

  expect(reported).toEqual([]);
});
