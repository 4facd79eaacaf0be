import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { locate, pointerOf } from "../../../src/lib/domain/json-place.ts";

it("finds keys and values by pointer, whatever the layout", () => {
  const text = '{\n  "a": {"b/c": [1,\n    {"~": true}]},\n  "" : null }';

  const found = locate(text, new Set(["", "/a", "/a/b~1c/1", "/a/b~1c/1/~0", "/", "/nowhere"]));

  expect(Object.fromEntries(found)).toEqual({
    "": { value: { line: 1, column: 1 }, key: undefined },
    "/a": { value: { line: 2, column: 8 }, key: { line: 2, column: 3 } },
    "/a/b~1c/1": { value: { line: 3, column: 5 }, key: undefined },
    "/a/b~1c/1/~0": { value: { line: 3, column: 11 }, key: { line: 3, column: 6 } },
    "/": { value: { line: 4, column: 8 }, key: { line: 4, column: 3 } },
  });
});

test.prop([fc.jsonValue({ maxDepth: 4 })])("finds every value of a document where it stands", (value) => {
  const text = JSON.stringify(value);
  const places = pointersOf(value);

  const found = locate(text, new Set(places.keys()));

  expect(found.size).toBe(places.size);
  for (const [pointer, part] of places) {
    const column = found.get(pointer)?.value.column ?? 0;
    const written = JSON.stringify(part);
    expect(
      Array.from(text)
        .slice(column - 1, column - 1 + Array.from(written).length)
        .join(""),
    ).toBe(written);
  }
});

function pointersOf(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return new Map([[pointerOf(path), value], ...inner.flatMap(([key, part]) => [...pointersOf(part, [...path, key])])]);
}
