import type { Problem } from "./error.ts";
import { locate, pointerOf } from "./json-place.ts";
import { dialectOf } from "./schema-dialect.ts";
import { DECIDING_KEYWORDS, NEWER_KEYWORDS, NOTES } from "./schema-keywords.ts";
import { lint } from "./schema-lint.ts";

/** More warnings than this help nobody. */
const WARNINGS_MAX = 50;

/**
 * What a strict reader would complain about in a schema that is taken all the same: keywords that check nothing, or less than their
 * author may think. Each with pointer, line and column.
 */
export function schemaWarnings(definition: string): readonly Problem[] {
  const schema: unknown = JSON.parse(definition);
  const isKnown = (keyword: string) => KNOWN.has(keyword) || (dialectOf(schema) === "draft-07" && OLDER.has(keyword));
  const found = [...lint(schema, isKnown)]
    .slice(0, WARNINGS_MAX)
    .map(({ path, message }) => ({ pointer: pointerOf(path), message }));
  const places = locate(definition, new Set(found.map(({ pointer }) => pointer)));
  return found.map((warning) => {
    const located = places.get(warning.pointer);
    return { ...warning, ...(located?.key ?? located?.value) };
  });
}

const OLDER: ReadonlySet<string> = new Set(["additionalItems", "dependencies"]);
const KNOWN: ReadonlySet<string> = new Set([
  ...[...DECIDING_KEYWORDS, ...NEWER_KEYWORDS, ...NOTES, "dependencies"],
  ...["$schema", "$id", "$anchor", "$dynamicAnchor", "$comment", "$defs", "$vocabulary"],
]);
