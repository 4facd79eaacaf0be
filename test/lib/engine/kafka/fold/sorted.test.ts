import fc from "fast-check";
import { expect, test } from "vitest";
import { createSorted } from "../../../../../src/lib/engine/kafka/fold/sorted.ts";

const change = fc.record({ isAdded: fc.boolean(), item: fc.nat(2_000) });

test("what was added and not deleted comes in order, from wherever it is asked for", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4_000, size: "max" }), fc.nat(2_000), (changes, from) => {
      const sorted = createSorted<number>((a, b) => a - b);
      const naive = new Set<number>();
      for (const { isAdded, item } of changes) {
        if (isAdded && !naive.has(item)) sorted.add(item);
        else if (!isAdded) sorted.delete(item);
        if (isAdded) naive.add(item);
        else naive.delete(item);
      }

      const all = Array.from(naive).sort((a, b) => a - b);
      expect(Array.from(sorted.from(() => true))).toEqual(all);
      expect(Array.from(sorted.from((item) => item > from))).toEqual(all.filter((item) => item > from));
      expect(sorted.size).toBe(all.length);
      const left = all.splice(0, all.length >> 1);
      for (const item of [...all].reverse()) sorted.delete(item);
      for (const item of all) sorted.add(item);
      for (const item of left) sorted.delete(item);
      expect(Array.from(sorted.from((item) => item > from))).toEqual(all.filter((item) => item > from));
    }),
    { numRuns: 60 },
  );
});
