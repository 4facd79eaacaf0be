import { describe, expect, it } from "vitest";
import { linesOf, parseBatchLine } from "../../../src/lib/domain/batch.ts";
import { bytes } from "../../support/broker.ts";

const text = (part: Uint8Array) => new TextDecoder().decode(part);
const payloadOf = (line: string) => text(parseBatchLine(bytes(line)).payload);

describe("lines", () => {
  it("are parted by line feeds, the last one with or without", () => {
    const split = (batch: string) => linesOf(bytes(batch)).map(({ number, bytes }) => [number, text(bytes)]);

    expect(split("a\nb\r\nc")).toEqual([
      [1, "a"],
      [2, "b\r"],
      [3, "c"],
    ]);
    expect(split("a\n")).toEqual([[1, "a"]]);
    expect(split("")).toEqual([]);
  });

  it("that are blank hold no message and are counted all the same", () => {
    const numbers = linesOf(bytes("\n \t\r\na\n\r\nb\n\n")).map(({ number }) => number);

    expect(numbers).toEqual([3, 5]);
  });
});

describe("the payload", () => {
  it.each([
    ['{"payload":{"a":1.50, "a":2}}', '{"a":1.50, "a":2}'],
    [' { "payload" :\t[ 1 , {} ]\t, "id" : "a" } \r', "[ 1 , {} ]"],
    ['{"id":"}","payload":"\\"},\\\\","key":"{"}', '"\\"},\\\\"'],
    ['{"key":"ü€𝄞","payload":"ü€𝄞\\u00fc\\ud834"}', '"ü€𝄞\\u00fc\\ud834"'],
    ['{"payload":-1.0E+2}', "-1.0E+2"],
    ['{"payload":null\r}', "null"],
    ['{"pay\\u006coad":[[]]}', "[[]]"],
    ['{"attributes":{"source":"payload"},"payload":{"payload":1}}', '{"payload":1}'],
  ])("of %s is the slice %s, never encoded anew", (line, payload) => {
    expect(payloadOf(line)).toBe(payload);
  });

  it("may have all of its 100 levels, and not one more", () => {
    const nested = (depth: number) => `{"payload":${"[".repeat(depth)}${"]".repeat(depth)}}`;

    expect(payloadOf(nested(100))).toHaveLength(200);
    expect(() => parseBatchLine(bytes(nested(101)))).toThrow(/not JSON at column 112: More than/);
  });
});

describe("what stands beside the payload", () => {
  it("is the id, the key and the attributes, each under the name that it is pushed under", () => {
    const line =
      '{"attributes":{"event-type":"created","tenant":"a","x-kb-attr-b":""},"id":"o-1","key":"k","payload":1}';

    expect(parseBatchLine(bytes(line))).toMatchObject({
      id: "o-1",
      key: "k",
      attributes: [
        ["event-type", "created"],
        ["x-kb-attr-tenant", "a"],
        ["x-kb-attr-b", ""],
      ],
      value: 1,
    });
  });

  it("may be missing", () => {
    expect(parseBatchLine(bytes('{"payload":1}'))).toEqual({
      attributes: [],
      payload: bytes("1"),
      value: 1,
      payloadAt: 11,
    });
  });
});

it.each([
  ['{"payload":1', "invalid_json", undefined],
  ['{"payload":1} {}', "invalid_json", undefined],
  ['\ufeff{"payload":1}', "invalid_json", undefined],
  ["[1]", "invalid_request", ""],
  ["null", "invalid_request", ""],
  ['{"id":"a"}', "invalid_request", ""],
  ['{"payload":1,"payload":1}', "invalid_request", "/payload"],
  ['{"payload":1,"__proto__":{"id":"a"}}', "invalid_request", "/__proto__"],
  ['{"payload":1,"a/b~":1}', "invalid_request", "/a~1b~0"],
  ['{"payload":1,"id":7}', "invalid_request", "/id"],
  ['{"payload":1,"id":null}', "invalid_request", "/id"],
  ['{"payload":1,"key":{}}', "invalid_request", "/key"],
  ['{"payload":1,"attributes":["a"]}', "invalid_request", "/attributes"],
  ['{"payload":1,"attributes":{"a":1}}', "invalid_request", "/attributes/a"],
  ['{"payload":1,"attributes":{"a":"1","a":"1"}}', "invalid_request", "/attributes/a"],
  ['{"payload":1,"attributes":{"a":"1","x-kb-attr-a":"1"}}', "invalid_request", "/attributes/x-kb-attr-a"],
])("%s is refused, with its place", (line, code, pointer) => {
  expect(() => parseBatchLine(bytes(line))).toThrow(
    expect.objectContaining({
      code,
      hint: expect.stringContaining('{"payload": <any JSON>'),
      problems: [expect.anything()],
    }),
  );
  if (pointer !== undefined) {
    expect(() => parseBatchLine(bytes(line))).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ pointer })] }),
    );
  }
});

it("bytes that are no UTF-8 are refused with their column", () => {
  const line = Uint8Array.from([...bytes('{"payload":"ü'), 0xff, ...bytes('"}')]);

  expect(() => parseBatchLine(line)).toThrow("The line is not JSON at column 14: Byte 0xFF is not valid UTF-8 there.");
});
