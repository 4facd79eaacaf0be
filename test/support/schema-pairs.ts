import { fc } from "@fast-check/vitest";

/*
 * Schemas over a small world (three property names, small numbers, short texts), so that two of them have much to do with each other,
 * and documents of the same world, so that some fit one and not the other.
 */

type Json = unknown;
interface Schema {
  readonly [keyword: string]: Json;
}

const NAMES = ["a", "b", "c"];
const SCALARS: readonly Json[] = [null, true, false, -1, 0, 1, 2, 3, 4, 6, 0.5, 1.5, "", "a", "b", "ab", "abc", "x1"];

const name = fc.constantFrom(...NAMES);
const small = fc.integer({ min: 0, max: 3 });
const scalar = fc.constantFrom(...SCALARS);
const kind = fc.constantFrom("null", "boolean", "object", "array", "string", "integer", "number");
const pattern = fc.constantFrom("^a", "b$", "^[ab]", "c");

/** Keywords that take no schema. */
const plain: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  type: fc.oneof(kind, fc.uniqueArray(kind, { minLength: 1, maxLength: 3 })),
  enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }),
  const: scalar,
  minimum: small,
  maximum: small,
  exclusiveMinimum: small,
  exclusiveMaximum: small,
  multipleOf: fc.constantFrom(1, 2, 3, 0.5),
  minLength: small,
  maxLength: small,
  pattern,
  format: fc.constantFrom("email", "date"),
  minItems: small,
  maxItems: small,
  uniqueItems: fc.boolean(),
  minProperties: small,
  maxProperties: small,
  required: fc.uniqueArray(name, { maxLength: 2 }),
  description: fc.constantFrom("one", "two"),
};
const modernPlain: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  ...plain,
  dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
  minContains: small,
  maxContains: small,
};

export type Draft = "2020-12" | "draft-07";

/** A schema of one draft; `depth` levels of schemas in it at most. */
export function schemaOf(draft: Draft, depth: number): fc.Arbitrary<Json> {
  const modern = draft === "2020-12";
  const simple = Object.entries(modern ? modernPlain : plain);
  if (depth === 0) return fc.oneof({ weight: 1, arbitrary: fc.boolean() }, { weight: 6, arbitrary: some(simple, 3) });
  const inner = schemaOf(draft, depth - 1);
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  const named = fc.dictionary(name, inner, { maxKeys: 3 });
  const nesting: [string, fc.Arbitrary<Json>][] = [
    ["properties", named],
    ["properties", named],
    ["patternProperties", fc.dictionary(pattern, inner, { maxKeys: 2 })],
    ["additionalProperties", fc.oneof(fc.constant(false), inner)],
    ["propertyNames", inner],
    ["items", modern ? inner : fc.oneof(inner, list)],
    ["contains", inner],
    ["allOf", list],
    ["anyOf", list],
    ["oneOf", list],
    ["not", inner],
    ["if", inner],
    ["then", inner],
    ["else", inner],
    ...(modern
      ? ([
          ["prefixItems", list],
          ["dependentSchemas", named],
          ["unevaluatedProperties", fc.oneof(fc.constant(false), inner)],
          ["unevaluatedItems", fc.oneof(fc.constant(false), inner)],
        ] as [string, fc.Arbitrary<Json>][])
      : ([
          ["additionalItems", inner],
          [
            "dependencies",
            fc.dictionary(name, fc.oneof(inner, fc.uniqueArray(name, { maxLength: 2 })), { maxKeys: 2 }),
          ],
        ] as [string, fc.Arbitrary<Json>][])),
  ];
  return fc.oneof(
    { weight: 1, arbitrary: fc.boolean() },
    { weight: 8, arbitrary: some([...simple, ...nesting, ...nesting], 4) },
  );
}

function some(keywords: readonly (readonly [string, fc.Arbitrary<Json>])[], countMax: number): fc.Arbitrary<Json> {
  const one = fc.oneof(...keywords.map(([keyword, value]) => fc.tuple(fc.constant(keyword), value)));
  return fc.array(one, { maxLength: countMax }).map((entries) => Object.fromEntries(entries));
}

/** A schema, and another that is a change of it in one place or several. */
export function pairOf(draft: Draft, depth: number): fc.Arbitrary<readonly [Json, Json]> {
  const changed = fc
    .tuple(schemaOf(draft, depth), schemaOf(draft, depth), fc.array(fc.nat(), { minLength: 1, maxLength: 3 }))
    .map(
      ([schema, other, choices]) =>
        [schema, choices.reduce((now: Json, choice) => change(now, other, choice), schema)] as const,
    );
  return fc.oneof(
    { weight: 5, arbitrary: changed },
    { weight: 1, arbitrary: fc.tuple(schemaOf(draft, depth), schemaOf(draft, depth)) },
  );
}

/** Takes a keyword out, takes one over from `other`, or does so further down; `choice` decides. */
function change(schema: Json, other: Json, choice: number): Json {
  if (!isSchema(schema)) return choice % 2 === 0 ? other : schema;
  const keywords = Object.keys(schema);
  const keyword = keywords[choice % Math.max(1, keywords.length)];
  const rest = Math.floor(choice / 7);
  if (choice % 3 === 0 && isSchema(other)) return { ...schema, ...pick(other, rest) };
  if (keyword === undefined) return other;
  if (choice % 3 === 1) return without(schema, keyword);
  return { ...schema, [keyword]: changeInside(schema[keyword], other, rest) };
}

function changeInside(value: Json, other: Json, choice: number): Json {
  if (typeof value === "number") return Math.max(0, value + (choice % 3) - 1) || 1;
  if (Array.isArray(value)) {
    if (value.length > 0 && choice % 2 === 0) return value.length > 1 ? value.slice(1) : value;
    return value.every(isSchema) ? [...value, other] : value;
  }
  if (!isSchema(value)) return value;
  const keys = Object.keys(value);
  const key = keys[choice % Math.max(1, keys.length)];
  if (key === undefined) return value;
  return isSchema(value[key]) || typeof value[key] === "boolean"
    ? { ...value, [key]: change(value[key], other, Math.floor(choice / 3)) }
    : change(value, other, Math.floor(choice / 3));
}

function pick(schema: Schema, choice: number): Schema {
  const keywords = Object.keys(schema);
  const keyword = keywords[choice % Math.max(1, keywords.length)];
  return keyword === undefined ? {} : { [keyword]: schema[keyword] };
}

function without(schema: Schema, keyword: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}

function isSchema(value: Json): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Documents of the same world, the small ones first. */
export const DOCUMENTS: readonly Json[] = documents();

function documents(): Json[] {
  const few: readonly Json[] = [null, true, 0, 1, 2, 0.5, "", "a", "ab", {}, [], { a: 1 }, ["a"]];
  const arrays: Json[] = few.flatMap((one) => [
    [one],
    [one, one],
    ...few.map((two) => [one, two]),
    [one, "a", 1],
    [1, 2, one],
    [one, one, one, one],
  ]);
  const objects: Json[] = [...NAMES, "ab", "zz"].flatMap((key) => few.map((value) => ({ [key]: value })));
  const pairs: Json[] = few.flatMap((one) =>
    few.flatMap((two) => [
      { a: one, b: two },
      { b: one, c: two },
      { a: one, zz: two },
    ]),
  );
  const triples: Json[] = few.flatMap((one) => [
    { a: one, b: 1, c: "a" },
    { a: "a", b: one, c: 2 },
    { a: 1, b: "ab", c: one },
    { a: one, b: one, c: one, zz: one },
  ]);
  return [...SCALARS, [], {}, ...arrays, ...objects, ...pairs, ...triples];
}
