import { expect, test } from "vitest";
import { createLatest } from "../../../../../src/lib/engine/kafka/fold/latest.ts";

interface Report {
  readonly turn: number;
}

const isNewer = (report: Report, before: Report) => report.turn >= before.turn;

test("a newer hold's report is not replaced by what an older hold tells afterwards", () => {
  const latest = createLatest<Report>(isNewer);
  latest.apply("a", 7, { turn: 1 });

  const counts = latest.apply("a", 3, { turn: 9 });

  expect([counts, latest.get("a")]).toEqual([false, { epoch: 7, value: { turn: 1 } }]);
  expect(latest.epochs("a", 7)).toEqual([3]);
});

test("a copy of an older report of the same hold does not come to stand over a later one", () => {
  const latest = createLatest<Report>(isNewer);
  latest.apply("a", 7, { turn: 2 });

  latest.apply("a", 7, { turn: 1 });

  expect(latest.get("a")?.value).toEqual({ turn: 2 });
});

test("what was cleared is gone, and nothing is left of a resource of which all is gone", () => {
  const latest = createLatest<Report>(isNewer);
  latest.apply("a", 1, { turn: 1 });
  latest.apply("a", 2, { turn: 1 });

  latest.apply("a", 2, undefined);
  expect(latest.get("a")?.epoch).toBe(1);
  latest.apply("a", 1, undefined);

  expect([latest.get("a"), Array.from(latest.all())]).toEqual([undefined, []]);
});
