import fc from "fast-check";
import { expect, test } from "vitest";
import { murmur2, partitionOf } from "../../../../src/lib/engine/kafka/partitioner.ts";

/** From the tests of Kafka's Java client. */
const KNOWN = [
  ["21", -973_932_308],
  ["foobar", -790_332_482],
  ["a-little-bit-long-string", -985_981_536],
  ["a-little-bit-longer-string", -1_486_304_829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
  ["abc", 479_470_107],
] as const;

test.each(KNOWN)("the hash of %s is Java's", (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test("a key decides whatever the id is, and an id where there is no key", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.uint8Array(),
      fc.integer({ min: 1, max: 100 }),
      (id, other, key, count) => {
        expect(partitionOf(id, key, count)).toBe(partitionOf(other, key, count));
        expect(partitionOf(id, null, count)).toBe(partitionOf(id, null, count));
        expect(partitionOf(id, null, count)).toBeLessThan(count);
        expect(partitionOf(id, null, count)).toBeGreaterThanOrEqual(0);
      },
    ),
  );
  const used = new Set(Array.from({ length: 100 }, (_, index) => partitionOf(`id-${index}`, null, 6)));
  expect(used.size).toBe(6);
});
