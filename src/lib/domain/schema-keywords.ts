/** Keywords of JSON Schema 2020-12 (and of the drafts before it) whose value is a schema. */
export const HOLDS_SCHEMA: ReadonlySet<string> = new Set([
  "additionalItems",
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
/** … whose value is a list of schemas. */
export const HOLDS_LIST: ReadonlySet<string> = new Set(["allOf", "anyOf", "items", "oneOf", "prefixItems"]);
/** … whose value is a schema for each name: the names are the author's, not keywords. */
export const HOLDS_NAMED: ReadonlySet<string> = new Set([
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);

/** Keywords that came after draft-07, which would ignore them. */
export const NEWER_KEYWORDS: ReadonlySet<string> = new Set([
  ...["prefixItems", "minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties"],
  ...["dependentRequired", "dependentSchemas"],
]);

/** Keywords that say something and decide nothing. */
export const NOTES: ReadonlySet<string> = new Set([
  ...["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format"],
  ...["contentEncoding", "contentMediaType", "contentSchema", "definitions"],
]);

/** Keywords that decide whether a value fits. One that is mistyped would check nothing. */
export const DECIDING_KEYWORDS: readonly string[] = [
  ...["allOf", "anyOf", "oneOf", "not", "if", "then", "else"],
  ...["type", "enum", "const", "pattern", "minLength", "maxLength"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  ...["items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems"],
  ...["properties", "patternProperties", "additionalProperties", "propertyNames", "required"],
  ...["minProperties", "maxProperties", "dependentRequired", "dependentSchemas"],
  ...["unevaluatedItems", "unevaluatedProperties"],
];

/** Words that look like a mistyped keyword and are none: left by earlier drafts, or notes for other tools. */
const KNOWN_NOTES: ReadonlySet<string> = new Set(["additionalItems", "definitions", "dependencies", "title", "format"]);

/** Whether `keyword` could be meant as one of the deciding ones. */
export function mayBeMistyped(keyword: string): boolean {
  const deciding = DECIDING_KEYWORDS.includes(keyword);
  return keyword.length >= 4 && !deciding && !KNOWN_NOTES.has(keyword) && !/^(\$|x-)/.test(keyword);
}

/** One keyword where a schema stands, not where data or a name does. */
export interface KeywordAt {
  readonly path: readonly string[];
  readonly keyword: string;
  readonly value: unknown;
}

/** Every keyword of a schema and of the schemas in it. What is data (`const`, `enum`, `default`, `examples`) is not looked into. */
export function* keywordsOf(schema: unknown, path: readonly string[] = []): Generator<KeywordAt> {
  if (!isObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    const here = [...path, keyword];
    yield { path: here, keyword, value };
    if (HOLDS_SCHEMA.has(keyword)) yield* keywordsOf(value, here);
    const many = HOLDS_LIST.has(keyword) ? Array.isArray(value) : HOLDS_NAMED.has(keyword) && isObject(value);
    if (many) for (const [name, inner] of Object.entries(Object(value))) yield* keywordsOf(inner, [...here, name]);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
