import { expect, test } from "vitest";
import { parkedSet } from "../../../../src/lib/broker/delivery/parked-set.ts";
import { entry } from "../../../conformance/fixtures.ts";
import { manualClock } from "../../../support/manual-clock.ts";

test("says how far back it keeps what was published, after each change of it", () => {
  const set = parkedSet(manualClock());
  const none = set.reach();
  const old = set.add(entry(7, { publishTimeMs: 100 }));
  set.add(entry(8, { publishTimeMs: 200 }));
  const both = set.reach();

  set.remove(old);

  expect(none.heldMs).toBe(Number.POSITIVE_INFINITY);
  expect(both.heldMs).toBe(100);
  expect(set.reach().heldMs).toBe(200);
});

test("what is redriven holds the dead letters from the first one of each shard on, and nothing of the topic", () => {
  const set = parkedSet(manualClock());
  const inShard = (index: number, offset: number, publishTimeMs: number) => {
    const source = { shard: { topicId: "errors", index }, offset };
    return entry(offset, { source, publishTimeMs, redrive: { count: 1 } });
  };

  for (const each of [inShard(0, 9, 50), inShard(0, 4, 60), inShard(2, 1, 70)]) set.add(each);

  expect(set.reach()).toEqual({
    heldMs: Number.POSITIVE_INFINITY,
    redrivenMs: 50,
    lettersFrom: new Map([
      [0, 4],
      [2, 1],
    ]),
  });
});

test("of a set that has not changed that is not worked out again", () => {
  const set = parkedSet(manualClock());
  const message = set.add(entry(7, { publishTimeMs: 100 }));
  const first = set.reach();

  set.takeDue();
  set.giveBack(message, 1_000);

  expect(set.reach()).toBe(first);
});
