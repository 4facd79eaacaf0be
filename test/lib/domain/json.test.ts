import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { isDeeperThan, parsePayload } from "../../../src/lib/domain/json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function refusal(payload: Uint8Array): KBrokerError {
  try {
    parsePayload(payload);
  } catch (error) {
    if (error instanceof KBrokerError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

test.prop([fc.json({ maxDepth: 6 })])("gives the value that JSON.parse gives", (text) => {
  expect(parsePayload(bytes(text))).toEqual(JSON.parse(text));
});

test.prop([fc.uint8Array({ maxLength: 40 })])("never fails but with invalid_json and a place", (payload) => {
  try {
    parsePayload(payload);
  } catch (error) {
    expect(error).toMatchObject({
      code: "invalid_json",
      problems: [{ line: expect.any(Number), column: expect.any(Number) }],
    });
  }
});

test.prop([fc.array(fc.constantFrom("[", "]", "{", "}", '"', "\\", ":", ",", "1"), { maxLength: 400 })])(
  "refuses with a place whatever brackets, quotes and backslashes come",
  (parts) => {
    const text = parts.join("");
    fc.pre(!isJson(text));

    expect(refusal(bytes(text)).problems?.[0]?.line).toBe(1);
  },
);

it("takes 100 levels and refuses 101, whatever is inside of strings", () => {
  const nested = (depth: number, inside: string) => bytes("[".repeat(depth) + inside + "]".repeat(depth));

  expect(parsePayload(nested(100, '"[[[[ \\" [[[["'))).toBeDefined();
  expect(refusal(nested(101, "1"))).toMatchObject({
    code: "invalid_json",
    problems: [{ line: 1, column: 101, message: "More than 100 levels of arrays and objects." }],
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const deepText = fc.json({ maxDepth: 5, stringUnit: fc.constantFrom("[", "{", "]", "}", '"', "\\", "a") });

test.prop([deepText, fc.nat(8)])("tells how deep a text is without parsing it", (text, depthMax) => {
  expect(isDeeperThan(bytes(text), depthMax)).toBe(depthOf(JSON.parse(text)) > depthMax);
});

it("counts brackets behind an escaped quote", () => {
  const text = `["\\"", ${"[".repeat(100)}${"]".repeat(100)}]`;

  expect(() => JSON.parse(text)).not.toThrow();
  expect(refusal(bytes(text)).message).toContain("More than 100 levels");
});

it("refuses 65 536 open brackets without overflowing the stack", () => {
  expect(refusal(bytes("[".repeat(65_536))).problems?.[0]?.column).toBe(101);
});

it("says line and column of what is no JSON", () => {
  const error = refusal(bytes('{\n  "orderId": 1,\n  "total": 1.\n}'));

  expect(error.message).toBe(
    'The payload is not JSON at line 3, column 14: Expected a digit after the point, found "\\n".',
  );
});

it.each([
  ["a lone continuation byte", [0x22, 0x80, 0x22], 2, "Byte 0x80"],
  ["a character cut short", [0x22, 0x61, 0xe2, 0x82], 3, "Byte 0x82"],
  ["an overlong encoding", [0x22, 0xc0, 0xaf, 0x22], 2, "Byte 0xC0"],
  ["a surrogate", [0x22, 0xef, 0xbf, 0xbd, 0xed, 0xa0, 0x80, 0x22], 3, "Byte 0xA0"],
])("refuses %s and names the byte", (_what, payload, column, message) => {
  const error = refusal(Uint8Array.from(payload));

  expect(error.problems?.[0]).toMatchObject({ line: 1, column });
  expect(error.problems?.[0]?.message).toContain(message);
});

it("refuses a byte order mark, in words", () => {
  expect(refusal(Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])).message).toContain("byte order mark");
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
