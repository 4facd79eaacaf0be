import type { Problem } from "../domain/error.ts";
import { messageOf } from "../domain/error.ts";
import { pointerOf } from "../domain/json-place.ts";
import { scanJson } from "../domain/json-scan.ts";
import { nearest } from "../domain/nearest.ts";
import { type Dialect, dialectOf } from "../domain/schema-dialect.ts";
import {
  DECIDING_KEYWORDS,
  type KeywordAt,
  keywordsOf,
  mayBeMistyped,
  NEWER_KEYWORDS,
} from "../domain/schema-keywords.ts";

const REFERENCES: ReadonlySet<string> = new Set(["$ref", "$dynamicRef", "$recursiveRef"]);

/** What the standard allows and kbroker does not take, each with its pointer. */
export function findings(schema: object | boolean, definition: string): readonly Problem[] {
  const found: Problem[] = [...repeatedKeys(definition)];
  const dialect = dialectOf(schema);
  for (const at of keywordsOf(schema)) {
    const message = refusal(at, dialect);
    if (message !== undefined) found.push({ pointer: pointerOf(at.path), message });
    found.push(...wrongPatterns(at));
  }
  return found;
}

/** Regular expressions as the standard has them: ECMA-262 with Unicode. */
function wrongPatterns({ path, keyword, value }: KeywordAt): readonly Problem[] {
  const named =
    keyword === "patternProperties" ? Object.keys(Object(value)).map((name) => [name, [...path, name]] as const) : [];
  const own = keyword === "pattern" && typeof value === "string" ? [[value, path] as const] : [];
  return [...own, ...named].flatMap(([pattern, at]) => {
    const reason = regExpProblem(pattern);
    return reason === undefined ? [] : [{ pointer: pointerOf(at), message: `is no regular expression (${reason})` }];
  });
}

function regExpProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "u");
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function refusal({ keyword, value }: KeywordAt, dialect: Dialect | undefined): string | undefined {
  if (REFERENCES.has(keyword)) return "is a reference; write the schema out in this place";
  // The library would answer with a promise, and a promise lets everything through.
  if (keyword === "$async") return "is no keyword of JSON Schema; leave it out";
  if (keyword === "id") return 'is of an older draft; 2020-12 and draft-07 have "$id"';
  if (keyword === "$schema" && (dialect === undefined || dialectOf({ $schema: value }) !== dialect)) {
    return dialect === undefined || dialectOf({ $schema: value }) === undefined
      ? "must be https://json-schema.org/draft/2020-12/schema or http://json-schema.org/draft-07/schema#, or be left out"
      : "must be that of the whole document, or be left out";
  }
  if (dialect === "draft-07" && NEWER_KEYWORDS.has(keyword)) {
    return 'is no keyword of draft-07 and would check nothing; "$schema": "https://json-schema.org/draft/2020-12/schema" has it';
  }
  const meant = mayBeMistyped(keyword) ? nearest(keyword, DECIDING_KEYWORDS) : undefined;
  return meant === undefined
    ? undefined
    : `is no keyword; did you mean "${meant}"? (A note of your own begins with "x-".)`;
}

/** JSON keeps the last of equal keys and forgets the others, which the author hardly meant. */
function repeatedKeys(definition: string): readonly Problem[] {
  const namesByDepth: Set<string>[] = [];
  const repeated = new Set<string>();
  scanJson(definition, Number.POSITIVE_INFINITY, ({ path, keyAt }) => {
    const depth = path.length;
    // A value at this depth ends what was deeper: the names of its own members begin anew.
    namesByDepth.length = Math.min(namesByDepth.length, depth + 1);
    const names = namesByDepth[depth] ?? new Set();
    namesByDepth[depth] = names;
    const name = path.at(-1) ?? "";
    if (keyAt !== undefined && names.has(name)) repeated.add(pointerOf(path));
    names.add(name);
  });
  return Array.from(repeated, (pointer) => ({ pointer, message: "is there twice; only one can count" }));
}
