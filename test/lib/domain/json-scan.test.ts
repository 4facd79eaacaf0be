import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { placeOf } from "../../../src/lib/domain/json-place.ts";
import { scanJson } from "../../../src/lib/domain/json-scan.ts";

const ANY_DEPTH = Number.POSITIVE_INFINITY;

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A JSON text with up to four characters put in, taken out or replaced. */
const mutated = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(200), fc.nat(1), fc.constantFrom(...'{}[]",:\\u0e+-.1 tfn\n\t\u0001\u00e9', "")), {
      maxLength: 4,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((now, [at, removed, added]) => now.slice(0, at) + added + now.slice(at + removed), text),
  );
const soup = fc.array(fc.constantFrom(...'{}[]",:\\0123eE+-. \n', "true", "null", '"a"'), { maxLength: 12 });

test.prop(
  [
    fc.oneof(
      mutated,
      soup.map((parts) => parts.join("")),
      fc.string(),
      fc.json(),
    ),
  ],
  { numRuns: 3_000 },
)("accepts exactly what JSON.parse accepts", (text) => {
  const fault = scanJson(text, ANY_DEPTH);

  expect(fault === undefined).toBe(parses(text));
});

test.prop([mutated])(
  "the text before a fault can still become JSON, so that the place is the first wrong one",
  (text) => {
    const fault = scanJson(text, ANY_DEPTH);

    fc.pre(fault !== undefined);
    const before = scanJson(text.slice(0, fault?.at), ANY_DEPTH);
    expect(before === undefined || before.at >= (fault?.at ?? 0)).toBe(true);
  },
);

describe("a fault names what was expected and what stands there", () => {
  it.each([
    ["", 1, 1, "Expected a value, found the end of the text."],
    ["{'a': 1}", 1, 2, 'Expected a key in double quotes, found "\'".'],
    ['{"a": 1,}', 1, 9, 'Expected a key in double quotes, found "}".'],
    ["[1,\n 2\n 3]", 3, 2, 'Expected "," or "]", found "3".'],
    ['{"a" 1}', 1, 6, 'Expected ":" after the key, found "1".'],
    ["[1, NaN]", 1, 5, 'Expected a value, found "NaN".'],
    ["{} {}", 1, 4, 'Expected nothing more after the value, found "{".'],
    ['"é\u{1F600}" x', 1, 6, 'Expected nothing more after the value, found "x".'],
    ["[01]", 1, 2, "A number has no leading zeros."],
    ["[-]", 1, 3, 'Expected a digit, found "]".'],
    ["1.", 1, 3, "Expected a digit after the point, found the end of the text."],
    ["1e+", 1, 4, "Expected a digit in the exponent, found the end of the text."],
    ['"a\nb"', 1, 3, "A control character in a string; write it as an escape, such as \\n."],
    ['"\\x"', 1, 3, 'Expected one of " \\ / b f n r t u after a backslash, found "x".'],
    ['"\\u12g4"', 1, 4, 'Expected four hex digits after \\u, found "12g4".'],
    ['["a', 1, 4, "The text ends inside a string."],
    ["\uFEFF{}", 1, 1, 'Expected a value, found "\uFEFF" (a byte order mark; leave it out).'],
    ["{\r\n  bad: 1}", 2, 3, 'Expected a key in double quotes, found "bad".'],
  ])("%j", (text, line, column, message) => {
    const fault = scanJson(text, ANY_DEPTH);

    expect(fault?.message).toBe(message);
    expect(placeOf(text, fault?.at ?? -1)).toEqual({ line, column });
  });
});

it("bounds the depth and survives a text of 200 000 levels", () => {
  const deep = "[".repeat(200_000);

  expect(scanJson("[".repeat(100) + "]".repeat(100), 100)).toBeUndefined();
  expect(scanJson(deep, 100)).toEqual({ at: 100, message: "More than 100 levels of arrays and objects." });
  expect(scanJson(deep, ANY_DEPTH)?.at).toBe(200_000);
});
