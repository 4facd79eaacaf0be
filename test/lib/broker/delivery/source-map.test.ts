import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { SourceMap } from "../../../../src/lib/broker/delivery/source-map.ts";

/** Names of which one begins like the other. */
const source = fc
  .record({ topicId: fc.constantFrom("topic-1", "topic-10"), index: fc.nat(1), offset: fc.nat(4) })
  .map(({ offset, ...shard }) => ({ shard, offset }));
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), source, value: fc.nat(9) }),
  fc.record({ kind: fc.constant("delete" as const), source }),
);

test.prop([fc.array(step, { maxLength: 100, size: "max" })])(
  "keeps one value for each source, as a Map by text does",
  (steps) => {
    const map = new SourceMap<number>();
    const model = new Map<string, number>();

    for (const each of steps) {
      const name = JSON.stringify(each.source);
      if (each.kind === "set") {
        map.set(each.source, each.value);
        model.set(name, each.value);
      } else {
        map.delete(each.source);
        model.delete(name);
      }
      expect(map.size).toBe(model.size);
      expect(map.get(each.source)).toBe(model.get(name));
      expect([...map.values()].sort()).toEqual([...model.values()].sort());
    }
  },
);
