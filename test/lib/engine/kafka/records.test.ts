import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../../../src/lib/domain/message.ts";
import type { NewRecord } from "../../../../src/lib/engine/kafka/producing.ts";
import { decodeRecord, encodeMessage } from "../../../../src/lib/engine/kafka/records.ts";
import type { KafkaRecord } from "../../../../src/lib/engine/kafka/wire/batches.ts";

const SHARD = { topicId: "t1", index: 2 };
const PLACE = { offset: 7, timeMs: 99 };

function stored({ key, value, headers = [] }: NewRecord): KafkaRecord {
  const bytes = (text: string) => Buffer.from(text);
  if (typeof key === "function") throw new Error("A message has one key.");
  return { ...PLACE, key, value, headers: headers.map(([name, text]) => [bytes(name), bytes(text)]) };
}

const native = (changes: Partial<KafkaRecord>) =>
  decodeRecord({ ...PLACE, key: null, value: null, headers: [], ...changes }, SHARD);
const header = (name: string, value: string | null) =>
  [Buffer.from(name), value === null ? null : Buffer.from(value)] as const;

const printable = (minLength: number, maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength,
    maxLength,
  });
const name = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,40}$/);
const message: fc.Arbitrary<Message> = fc
  .record({
    id: fc.stringMatching(/^[A-Za-z0-9_:-]{1,128}$/),
    key: fc.option(printable(0, 256), { nil: undefined }),
    attributes: fc.array(fc.tuple(name, printable(0, 50)), { maxLength: 40 }),
    payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  })
  .map(({ key, ...rest }) => ({ ...rest, ...(key !== undefined && { key }) }));

test("a message comes back equal, with the window of its id where that was given, and without where not", () => {
  fc.assert(
    fc.property(message, fc.option(fc.nat(86_400_000), { nil: undefined }), (given, windowMs) => {
      const back = decodeRecord(stored(encodeMessage(given, windowMs)), SHARD);

      expect(back).toStrictEqual({ ...given, ...PLACE, ...(windowMs !== undefined && { dedupeWindowMs: windowMs }) });
    }),
  );
});

test("a record that clients of Kafka wrote comes back equal when it is appended again, whatever its key", () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)));
  fc.assert(
    fc.property(bytes, bytes, (key, value) => {
      const read = native({ key, value });

      const again = decodeRecord(stored(encodeMessage(read)), SHARD);

      expect(read.native).toBeDefined();
      expect(again).toStrictEqual(read);
    }),
  );
});

test("a record without an id of ours gets one of its place, and attributes of those headers that a push can carry", () => {
  const headers = [
    header("Source", "shop"),
    header("X-KB-MessageID", "no id, since it has spaces"),
    header("empty", null),
    header("bad name", "x"),
    header("umlaut", "ä"),
    header("newline", "a\r\nb"),
    header("padded", " x"),
  ];

  const read = native({ key: Buffer.from("k"), value: Buffer.from("v"), headers });

  expect(read).toMatchObject({ id: "t1:2-7", key: "k", native: {} });
  expect(read.attributes).toEqual([
    ["source", "shop"],
    ["empty", ""],
  ]);
});

test("attributes of a native record end where those of a publish would have to", () => {
  const many = native({ headers: Array.from({ length: 40 }, (_, index) => header(`h${index}`, "x")) });
  const large = native({ headers: [header("a", "x".repeat(8_000)), header("b", "y".repeat(300))] });

  expect(many.attributes).toHaveLength(32);
  expect(large.attributes.map(([each]) => each)).toEqual(["a"]);
});

test("a header that would break a push is left out although the record has an id of ours", () => {
  const read = native({ headers: [header("X-KB-MessageID", "id"), header("evil", "a\r\nb"), header("good", "1")] });

  expect(read).toMatchObject({ id: "id", attributes: [["good", "1"]] });
});

test("a date that no publish time can have is the nearest one that it can", () => {
  const yearOf = (timeMs: number) => new Date(native({ timeMs }).timeMs).getUTCFullYear();

  expect([-1, 0, 1_767_225_600_000_000].map(yearOf)).toEqual([1970, 1970, 9999]);
});
