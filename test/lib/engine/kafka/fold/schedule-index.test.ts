import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createScheduleIndex, type ScheduleIndex } from "../../../../../src/lib/engine/kafka/fold/schedule-index.ts";
import { placeText, type ScheduledPlace } from "../../../../../src/lib/engine/kafka/fold/scheduled-record.ts";
import { type Entry, sharedLog } from "./shared-log.ts";

interface Written {
  readonly place: ScheduledPlace;
  readonly isThere: boolean;
}

const TOPIC = "topic-1";

const step = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    id: fc.constantFrom("a", "b"),
    dueMs: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant("remove" as const), at: fc.nat(30) }),
  fc.record({ kind: fc.constant("compact" as const), mask: fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }) }),
);

function folded(entries: readonly Entry<Written>[]): ScheduleIndex {
  const index = createScheduleIndex();
  for (const { offset, record } of entries) {
    if (record.isThere) index.put(record.place, { partition: 0, offset });
    else index.remove(record.place);
  }
  return index;
}

const stateOf = (index: ScheduleIndex) => ({
  byTopic: Array.from(index.ofTopic(TOPIC), ({ id, dueMs, offset }) => ({ id, dueMs, offset })),
  byPartition: Array.from(index.ofPartition(0), ({ id, offset }) => ({ id, offset })),
  counts: [index.count(TOPIC), index.total()],
});

describe("the index of what is scheduled", () => {
  test("is the same whatever was compacted away", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        const log = sharedLog<Written>({
          isTombstone: ({ isThere }) => !isThere,
          keyOf: ({ place }) => placeText(place),
        });
        const places: ScheduledPlace[] = [];
        for (const each of steps) {
          if (each.kind === "put") {
            const place = { topicId: TOPIC, id: each.id, dueMs: each.dueMs, nonce: places.length };
            places.push(place);
            log.append({ place, isThere: true });
          }
          const place = each.kind === "remove" ? places[each.at % Math.max(1, places.length)] : undefined;
          if (place !== undefined) log.append({ place, isThere: false });
          if (each.kind === "compact") log.compact((index) => each.mask[index % each.mask.length] === true);
        }

        expect(stateOf(folded(log.entries()))).toEqual(stateOf(folded(log.everything())));
      }),
      { numRuns: 500 },
    );
  });

  test("has one message of an id waiting, the first in the log, and the next once that is gone", () => {
    const index = createScheduleIndex();
    const [first, second] = [1, 2].map((nonce) => ({ topicId: TOPIC, id: "a", dueMs: 9 - nonce, nonce }));
    if (first === undefined || second === undefined) throw new Error("There are two.");

    const verdicts = [first, second].map((place, offset) => index.put(place, { partition: 0, offset }));

    expect(verdicts).toEqual(["waits", "behind"]);
    expect([index.find(TOPIC, "a")?.nonce, index.isBehind(second), index.count(TOPIC)]).toEqual([1, true, 1]);
    index.remove(first);
    expect([index.find(TOPIC, "a")?.nonce, index.isBehind(second), index.count(TOPIC)]).toEqual([2, false, 1]);
    index.remove(second);
    expect([index.find(TOPIC, "a"), index.total()]).toEqual([undefined, 0]);
  });
});
