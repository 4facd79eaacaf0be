import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { createCompileSchema } from "../../../src/lib/schemas/compile.ts";

const compile = createCompileSchema();

function refusal(definition: unknown): KBrokerError {
  try {
    compile(typeof definition === "string" ? definition : JSON.stringify(definition));
  } catch (error) {
    if (error instanceof KBrokerError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

function check(schema: unknown, value: unknown) {
  return compile(JSON.stringify(schema))(value);
}

describe("references are refused with pointer, line and column", () => {
  it.each(["$ref", "$dynamicRef", "$recursiveRef"])("%s", (reference) => {
    const text = `{\n  "properties": {\n    "total": {"${reference}": "#/$defs/money"}\n  }\n}`;

    expect(refusal(text)).toMatchObject({
      code: "schema_invalid",
      problems: [
        {
          pointer: `/properties/total/${reference}`,
          line: 3,
          column: 15,
          message: "is a reference; write the schema out in this place",
        },
      ],
    });
  });

  it.each([
    ["/$ref", { $ref: "#" }],
    ["/allOf/1/$ref", { allOf: [{}, { $ref: "#" }] }],
    ["/items/not/$ref", { items: { not: { $ref: "#" } } }],
    ["/$defs/a~1b/$ref", { $defs: { "a/b": { $ref: "#" } } }],
    ["/properties/properties/$ref", { properties: { properties: { $ref: "#" } } }],
    ["/patternProperties/^a/if/$ref", { patternProperties: { "^a": { if: { $ref: "#" } } } }],
    ["/dependentSchemas/a/$dynamicRef", { dependentSchemas: { a: { $dynamicRef: "#a" } } }],
  ])("wherever a schema stands: %s", (pointer, schema) => {
    expect(refusal(schema).problems?.map((problem) => problem.pointer)).toContain(pointer);
  });

  it("names every one of them", () => {
    const schema = { properties: { a: { $ref: "#" }, b: { items: { $ref: "#" } } } };

    expect(refusal(schema).problems).toHaveLength(2);
  });
});

it.each([
  ["a property", { properties: { $ref: { type: "string" } } }, { $ref: "x" }],
  ["a pattern for properties", { patternProperties: { $ref: {} } }, {}],
  ["a name in $defs", { $defs: { $ref: {} } }, 1],
  ["a required property", { required: ["$ref"] }, { $ref: 1 }],
  ["data in const", { const: { $ref: "x" } }, { $ref: "x" }],
  ["data in enum", { enum: [{ $ref: "x" }] }, { $ref: "x" }],
  ["data in default and examples", { default: { $ref: "x" }, examples: [{ $ref: "x" }] }, 1],
  ["a property of a property called properties", { properties: { properties: { properties: { $ref: {} } } } }, {}],
])("takes $ref as %s, where it is no reference", (_what, schema, value) => {
  expect(check(schema, value)).toEqual([]);
});

describe("refuses in words, at the place", () => {
  it.each([
    ["no JSON", '{"type": }', { line: 1, column: 10, message: 'Expected a value, found "}".' }],
    ["no schema", "[1]", { pointer: "", line: 1, column: 1, message: "a schema must be an object, true or false" }],
    ["an unknown type", '{"type": "strng"}', { pointer: "/type", line: 1, column: 2 }],
    ["a keyword of the wrong type", '{"minLength": -1}', { pointer: "/minLength", message: "must be >= 0, is -1" }],
    ["an older draft", '{"$schema": "http://json-schema.org/draft-06/schema#"}', { pointer: "/$schema" }],
    [
      "another draft inside",
      '{"items": {"$schema": "http://json-schema.org/draft-07/schema#"}}',
      { pointer: "/items/$schema" },
    ],
    ["the id of an older draft", '{"id": "x"}', { pointer: "/id" }],
    ["a list as items", '{"items": [{}]}', { pointer: "/items", message: "must be object or boolean, is array" }],
    ["an equal key", '{"type": "string",\n "type": "number"}', { pointer: "/type", line: 2, column: 2 }],
    ["a deep equal key", '{"properties": {"a": {}, "b": {}, "a": {}}}', { pointer: "/properties/a", column: 35 }],
    ["a pattern", '{"items": {"pattern": "("}}', { pointer: "/items/pattern", line: 1, column: 12 }],
    ["a pattern for names", '{"patternProperties": {"[": {}}}', { pointer: "/patternProperties/[" }],
  ])("%s", (_what, definition, problem) => {
    const error = refusal(definition);

    expect(error.code).toBe("schema_invalid");
    expect(error.problems?.[0]).toMatchObject(problem);
  });

  it("a mistyped keyword, which would check nothing", () => {
    expect(refusal({ requried: ["a"] }).problems?.[0]?.message).toContain('did you mean "required"?');
    expect(refusal({ additionalProperty: false }).message).toContain('"additionalProperties"');
  });
});

it("takes notes for people and other tools", () => {
  const schema = {
    title: "t",
    description: "d",
    $comment: "c",
    example: 1,
    "x-requried": 1,
    version: 3,
    deprecated: true,
  };

  expect(check(schema, {})).toEqual([]);
});

it("does not take a schema whose validator would be a promise, which accepts everything", () => {
  expect(refusal({ $async: true, type: "string" }).problems?.[0]?.pointer).toBe("/$async");
});

it("bounds size and depth before anything is compiled", () => {
  const deep = `${'{"not":'.repeat(101)}{}${"}".repeat(101)}`;

  expect(refusal(`{"title": "${"x".repeat(65_536)}"}`).message).toContain("65536");
  expect(refusal(deep).message).toContain("More than 100 levels");
  expect(refusal("[".repeat(200_000)).code).toBe("schema_invalid");
});

describe("problems of a value are readable", () => {
  it.each([
    [{ required: ["orderId"] }, {}, "", "must have property 'orderId'"],
    [{ properties: { a: { type: "string" } } }, { a: 1 }, "/a", "must be string, is number"],
    [{ type: ["string", "null"] }, [], "", "must be string or null, is array"],
    [{ items: { type: "integer" } }, [1, 2.5], "/1", "must be integer, is number"],
    [{ additionalProperties: false }, { "a/b": 1 }, "/a~1b", "must not have property 'a/b'"],
    [{ properties: { a: {} }, unevaluatedProperties: false }, { b: 1 }, "/b", "must not have property 'b'"],
    [{ enum: ["a", 2] }, "b", "", 'must be one of "a", 2, is "b"'],
    [{ const: { a: 1 } }, 1, "", "must be an object, is 1"],
    [{ minLength: 2 }, "\u{1F600}", "", "must have at least 2 characters, has 1"],
    [{ maxItems: 1 }, [1, 2], "", "must have at most 1 items, has 2"],
    [{ minProperties: 1 }, {}, "", "must have at least 1 properties, has 0"],
    [{ pattern: "^a$" }, "b", "", 'must match the pattern ^a$, is "b"'],
    [{ minimum: 3 }, 2, "", "must be >= 3, is 2"],
    [{ multipleOf: 0.01 }, 1.001, "", "must be multiple of 0.01, is 1.001"],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      "",
      "must not have equal items",
    ],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, "", "must have property 'b', as it has 'a'"],
    [{ propertyNames: { pattern: "^a" } }, { b: 1 }, "", "property name 'b' must match the pattern ^a, is \"b\""],
    [JSON.parse('{"if": true, "then": {"required": ["a"]}}'), {}, "", "must have property 'a'"],
    [{ properties: { a: false } }, { a: 1 }, "/a", "must not be there"],
    [false, 1, "", "must not be there"],
  ])("%j", (schema, value, pointer, message) => {
    expect(check(schema, value)).toEqual([{ pointer, message }]);
  });

  it("names each place once and at most 50", () => {
    const schema = { items: { anyOf: [{ type: "string" }, { type: "string" }] } };

    const problems = check(schema, new Array(1_000).fill(1));

    expect(problems).toHaveLength(50);
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(50);
  });
});

it("does not see the properties that every object of the language has", () => {
  expect(check({ required: ["constructor"] }, {})).toHaveLength(1);
  expect(check({ properties: { toString: { type: "string" } } }, {})).toEqual([]);
});

it("takes decimals for what they say: 19.99 is a multiple of 0.01", () => {
  expect(check({ multipleOf: 0.01 }, 19.99)).toEqual([]);
  expect(check({ multipleOf: 0.1 }, 0.3)).toEqual([]);
});

it("judges an object whose pattern stands beside a choice that does not hold", () => {
  const schema = { patternProperties: { "^a": false }, anyOf: [{ properties: { a: { pattern: "^a" } } }, {}] };

  expect(check(schema, { a: "x" })).toEqual([{ pointer: "/a", message: "must not be there" }]);
  expect(check({ ...schema, unevaluatedProperties: false }, { a: "x" })).toHaveLength(1);
});

it("judges each item by itself: what one had evaluated, or held, says nothing of the next", () => {
  const choice = [
    { properties: { a: { type: "number" } }, required: ["a"] },
    { properties: { b: true }, required: ["b"] },
  ];
  const items = { anyOf: choice, unevaluatedProperties: false };

  expect(check({ items }, [{ a: 1 }, { a: "x", b: 1 }])).toHaveLength(1);
  expect(check({ items: { contains: { type: "string" } } }, [["a"], []])).toHaveLength(1);
});

describe("draft-07, where $schema names it", () => {
  const DRAFT_07 = "http://json-schema.org/draft-07/schema#";

  it.each([
    [{ items: [{ type: "string" }], additionalItems: false }, ["a"], ["a", 1]],
    [{ dependencies: { a: ["b"] } }, { a: 1, b: 1 }, { a: 1 }],
    [{ dependencies: { a: { required: ["b"] } } }, { a: 1, b: 1 }, { a: 1 }],
    [{ uniqueItems: true }, [1, 2], [{ a: 1 }, { a: 1 }]],
  ])("%j is checked as that draft has it", (schema, right, wrong) => {
    expect(check({ $schema: DRAFT_07, ...schema }, right)).toEqual([]);
    expect(check({ $schema: DRAFT_07, ...schema }, wrong)).toHaveLength(1);
  });

  it("refuses what only the newer draft knows, as it would check nothing", () => {
    expect(refusal({ $schema: DRAFT_07, properties: { a: { prefixItems: [{}] } } }).problems?.[0]).toMatchObject({
      pointer: "/properties/a/prefixItems",
      message: expect.stringContaining("would check nothing"),
    });
  });

  it("is not what a schema without $schema is read as: that is 2020-12", () => {
    expect(check({ prefixItems: [{ type: "string" }] }, [1])).toHaveLength(1);
    expect(refusal({ items: [{}] }).problems?.[0]?.pointer).toBe("/items");
  });
});

it("takes format for an annotation", () => {
  expect(check({ format: "email" }, "no address")).toEqual([]);
});

it("keeps the ids and anchors of one schema from those of another", () => {
  const schema = { $id: "https://example.test/a", $defs: { x: { $id: "b", $anchor: "c" } }, type: "string" };

  expect(check(schema, "a")).toEqual([]);
  expect(check({ ...schema, type: "number" }, 1)).toEqual([]);
});

test.prop([fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 })])(
  "uniqueItems agrees with deep equality",
  (items) => {
    const isEqual = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
    const repeats = items.some((item, index) => items.slice(0, index).some((earlier) => isEqual(item, earlier)));

    expect(check({ uniqueItems: true }, JSON.parse(JSON.stringify(items))).length > 0).toBe(repeats);
  },
);

const schemaLike = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    fc.boolean(),
    fc.jsonValue({ maxDepth: 1 }),
    fc.dictionary(
      fc.constantFrom("type", "properties", "items", "$ref", "anyOf", "enum", "pattern", "not", "$id", "$async", "x"),
      fc.oneof(tie("schema"), fc.constantFrom("string", "#", "(", 1, null), fc.array(tie("schema"), { maxLength: 2 })),
      { maxKeys: 4 },
    ),
  ),
})).schema;

test.prop([schemaLike, fc.jsonValue({ maxDepth: 2 })])(
  "whatever comes is compiled or refused as schema_invalid",
  (schema, value) => {
    try {
      expect(Array.isArray(check(schema, value))).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ code: "schema_invalid" });
      expect(error instanceof KBrokerError && error.problems?.length).toBeGreaterThan(0);
    }
  },
);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { members: members.map(([name, member]) => [name, sorted(member)]) };
}
