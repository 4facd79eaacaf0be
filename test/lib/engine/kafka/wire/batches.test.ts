import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeBatch, sizeOf } from "../../../../../src/lib/engine/kafka/produce/encode.ts";
import type { Item } from "../../../../../src/lib/engine/kafka/produce/lane.ts";
import type { NewRecord } from "../../../../../src/lib/engine/kafka/producing.ts";
import { readBatches } from "../../../../../src/lib/engine/kafka/wire/batches.ts";

const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

function items(records: readonly NewRecord[], nowMs = 1_000): readonly Item[] {
  const waiting = { outcomes: [], count: records.length, missing: 0, isOver: false, place: 0 };
  const call = { ...waiting, nowMs, untilMs: 0, done: () => {} };
  return records.map((record, index) => ({ record, bytes: sizeOf(record), call, index }));
}

interface Marks {
  readonly base?: number;
  readonly attributes?: number;
  readonly producerId?: bigint;
}

/** A batch as a Kafka broker gives it; the checksum is made anew. */
async function batch(records: readonly NewRecord[], { base = 0, attributes = 0, producerId = -1n }: Marks = {}) {
  const { crc32c } = await import("@platformatic/kafka");
  const bytes = Buffer.from(encodeBatch(items(records)));
  bytes.writeBigInt64BE(BigInt(base), 0);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeBigInt64BE(producerId, 43);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

const record = (text: string): NewRecord => ({ key: null, value: Buffer.from(text) });
const marker = (type: number): NewRecord => ({ key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) });
const texts = ({ records }: ReturnType<typeof readBatches>) => records.map(({ value }) => value?.toString());

test("whatever is written is read again byte for byte, tombstones and empty values told apart", () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)));
  const headers = fc.array(fc.tuple(fc.string(), fc.string({ unit: "binary" })), { maxLength: 5 });
  const records = fc.array(fc.record({ key: bytes, value: bytes, headers }), { minLength: 1, maxLength: 200 });

  fc.assert(
    fc.property(records, (given) => {
      const read = readBatches(encodeBatch(items(given)), { from: 0, end: given.length });

      const back = read.records.map(({ key, value, headers: found }) => ({
        ...{ key, value },
        headers: found.map((header) => header.map((each) => Buffer.from(each ?? []).toString())),
      }));
      expect(back).toEqual(given);
      expect(read.records.map(({ offset }) => offset)).toEqual(given.map((_, index) => index));
      expect([read.next, read.damaged]).toEqual([given.length, []]);
    }),
  );
});

test("a key that is longer when it is written than when it was counted is written whole", () => {
  const keys = ["1", "1".repeat(500)];
  const record = { key: () => Buffer.from(keys.shift() ?? ""), value: null };

  const read = readBatches(encodeBatch(items([record])), { from: 0, end: 1 });

  expect(read.records[0]?.key).toHaveLength(500);
});

test("records before the asked offset are dropped although their batch is given whole", async () => {
  const bytes = await batch(["a", "b", "c"].map(record), { base: 7 });

  const read = readBatches(bytes, { from: 8, end: 10 });

  expect(read.records.map(({ offset }) => offset)).toEqual([8, 9]);
  expect(read.next).toBe(10);
});

test("a batch that is cut off at the end of an answer is left for the next fetch", async () => {
  const [first, second] = [await batch([record("a")]), await batch([record("b")], { base: 1 })];

  for (let cut = 1; cut <= second.length; cut += 1) {
    const read = readBatches(Buffer.concat([first, second.subarray(0, second.length - cut)]), { from: 0, end: 2 });
    expect([texts(read), read.next, read.damaged]).toEqual([["a"], 1, []]);
  }
});

test("a batch with any bit turned is damaged as a whole and never served wrong, and the next one is read", async () => {
  const [first, second] = [await batch(["a", "b"].map(record), { base: 3 }), await batch([record("c")], { base: 5 })];

  fc.assert(
    fc.property(fc.integer({ min: 17 * 8, max: first.length * 8 - 1 }), (bit) => {
      const bytes = Buffer.concat([first, second]);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));

      const read = readBatches(bytes, { from: 3, end: 6 });

      expect(texts(read)).toEqual(["c"]);
      expect([read.damaged, read.next]).toEqual([[{ from: 3, to: expect.any(Number) }], 6]);
    }),
  );
  const turned = Buffer.concat([first, second]);
  turned[first.length - 3] = 0xff;
  expect(readBatches(turned, { from: 4, end: 6 })).toMatchObject({
    damaged: [{ from: 4, to: 5 }],
    next: 6,
    records: [{ offset: 5 }],
  });
});

test("a batch in a compression that cannot be undone is damaged and does not hold up the others", async () => {
  const unknown = 7;
  const bytes = [await batch(["a", "b"].map(record), { attributes: unknown }), await batch([record("c")], { base: 2 })];

  const read = readBatches(Buffer.concat(bytes), { from: 0, end: 3 });

  expect([texts(read), read.next, read.damaged]).toEqual([["c"], 3, [{ from: 0, to: 2 }]]);
});

test("records of a transaction that was given up are holes, and so are the markers", async () => {
  const mine = { attributes: TRANSACTIONAL, producerId: 9n };
  const other = { attributes: TRANSACTIONAL, producerId: 8n };
  const control = { attributes: TRANSACTIONAL | CONTROL, producerId: 9n };
  const bytes = [
    await batch([record("given up")], { ...mine, base: 0 }),
    await batch([record("other")], { ...other, base: 1 }),
    await batch([marker(0)], { ...control, base: 2 }),
    await batch([record("kept")], { ...mine, base: 3 }),
    await batch([marker(1)], { ...control, base: 4 }),
  ];

  const read = readBatches(Buffer.concat(bytes), { from: 0, end: 5, aborted: [{ producerId: 9n, firstOffset: 0n }] });

  expect([texts(read), read.next, read.damaged]).toEqual([["other", "kept"], 5, []]);
});
