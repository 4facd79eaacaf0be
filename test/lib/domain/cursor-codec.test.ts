import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type Cursor, cursorAt, settle } from "../../../src/lib/domain/cursor.ts";
import {
  CURSOR_LENGTH_MAX,
  CURSOR_LENGTH_STOP,
  decodeCursor,
  encodeCursor,
  encodedLength,
} from "../../../src/lib/domain/cursor-codec.ts";

const size = fc.oneof(fc.nat(3), fc.nat(40), fc.nat(2_000_000_000));
const cursor = fc
  .record({
    low: fc.oneof(fc.nat(5), fc.nat(2 ** 52)),
    generation: fc.nat(3),
    expired: size,
    damaged: size,
    topicId: fc.string(),
    subscriptionId: fc.string(),
    steps: fc.array(fc.tuple(size, size), { maxLength: 30 }),
  })
  .map(({ steps, ...given }): Cursor => {
    let end = given.low;
    const above = steps.map(([hole, run]) => {
      const from = end + 1 + hole;
      end = from + 1 + run;
      return { from, to: end };
    });
    return { ...given, above };
  });

property.prop([cursor])("what was encoded is decoded equal, and its length was foretold", (given) => {
  const text = encodeCursor(given);

  expect(decodeCursor(text)).toEqual(given);
  expect(encodedLength(given)).toBe(text.length);
});

property.prop([fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("A", "B", "1", "h", "9", "_") }))])(
  "a text is refused, or is exactly what its cursor encodes to",
  (text) => {
    const decoded = decodeCursor(`1${text}`);

    if (decoded !== undefined) expect(encodeCursor(decoded)).toBe(`1${text}`);
  },
);

property.prop([cursor, fc.nat()])("a cut cursor is never taken for a whole one", (given, at) => {
  const text = encodeCursor(given);
  const cut = decodeCursor(text.slice(0, at % text.length));

  if (cut !== undefined) expect(cut.above.length).toBeLessThan(given.above.length);
});

test.each([
  ["a range that touches the low mark", [{ from: 5, to: 7 }]],
  ["an empty range", [{ from: 7, to: 7 }]],
  [
    "ranges that touch each other",
    [
      { from: 7, to: 8 },
      { from: 8, to: 9 },
    ],
  ],
])("%s is no cursor", (_, above) => {
  const given = { ...cursorAt(5, { topicId: "t", subscriptionId: "s" }), above };

  expect(decodeCursor(encodeCursor(given))).toBeUndefined();
});

test("1 000 in flight, answered at random, stay far below the limit of the tightest engine", () => {
  const ids = {
    topicId: "0190b5b0-6f7e-7c3e-9d5a-1f2e3d4c5b6a",
    subscriptionId: "0190b5b0-6f7e-7c3e-9d5a-1f2e3d4c5b6b",
  };
  let worst = 0;
  let random = 1;
  const inFlight: number[] = [];
  let [position, next] = [cursorAt(5_000_000_000, ids), 5_000_000_000];
  for (let step = 0; step < 20_000; step += 1) {
    while (inFlight.length < 1_000) inFlight.push(next++);
    random = (random * 48_271) % 2_147_483_647;
    const [offset] = inFlight.splice(random % inFlight.length, 1);
    if (offset !== undefined) position = settle(position, { from: offset, to: offset + 1 });
    worst = Math.max(worst, encodedLength(position));
  }

  expect(worst).toBeLessThan(CURSOR_LENGTH_STOP);
  expect(CURSOR_LENGTH_STOP).toBeLessThan(CURSOR_LENGTH_MAX);
});
