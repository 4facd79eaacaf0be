import { test } from "@fast-check/vitest";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { schemaWarnings } from "../../../src/lib/domain/schema-warnings.ts";
import { createCompileSchema } from "../../../src/lib/schemas/compile.ts";
import { compiledOr } from "../../support/compiled.ts";
import { type Draft, schemaOf } from "../../support/schema-pairs.ts";

describe("a schema that is taken is warned of, at line and column", () => {
  it.each([
    [
      '{\n  "type": "object",\n  "example": 1\n}',
      { pointer: "/example", line: 3, column: 3 },
      "begin a note of your own",
    ],
    ['{"if": true}', { pointer: "/if" }, 'without "then" or "else"'],
    ['{"then": {}}', { pointer: "/then" }, 'without "if"'],
    ['{"minContains": 2}', { pointer: "/minContains" }, 'without "contains"'],
    ['{"type": "array", "contains": {}, "minContains": 0}', { pointer: "/contains", column: 19 }, "checks nothing"],
    ['{"additionalItems": false}', { pointer: "/additionalItems" }, "older draft"],
    ['{"type": ["string", "number"]}', { pointer: "/type" }, "2 types"],
    ['{"type": "string", "not": {"type": "number"}}', { pointer: "/not/type" }, 'can never be "number"'],
    ['{"type": "string", "format": "email"}', { pointer: "/format" }, "checks nothing"],
    ['{"type": "string", "nullable": true}', { pointer: "/nullable" }, "OpenAPI"],
    ['{"type": "array", "prefixItems": [{}]}', { pointer: "/prefixItems" }, "shorter or longer"],
    [
      '{"type": "object", "properties": {"a": {}}, "patternProperties": {"^a": {}}}',
      { pointer: "/patternProperties" },
      '"a"',
    ],
    ['{"properties": {"a": {"minLength": 1}}}', { pointer: "/properties", column: 2 }, 'add "type": "object"'],
    ['{"type": "string", "minItems": 1}', { pointer: "/minItems" }, "not taken"],
    ['{"type": "object", "required": ["a"]}', { pointer: "/required/0", column: 33 }, '"properties" says nothing'],
  ])("%s", (definition, place, words) => {
    expect(schemaWarnings(definition)).toContainEqual(
      expect.objectContaining({ ...place, message: expect.stringContaining(words) }),
    );
  });
});

it.each([
  "true",
  '{"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"], "x-owner": "billing", "title": "t"}',
  '{"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]}',
  '{"type": "array", "prefixItems": [{}], "minItems": 1, "maxItems": 1}',
  '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "dependencies": {"a": ["b"]}}',
])("a schema that means what it says has no warning: %s", (definition) => {
  expect(schemaWarnings(definition)).toEqual([]);
});

it("names at most 50", () => {
  const properties = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`p${index}`, { format: "date" }]));

  expect(schemaWarnings(JSON.stringify({ type: "object", properties }))).toHaveLength(50);
});

const compile = createCompileSchema();
const STRICT = { strict: true, logger: false } as const;
const DRAFTS: readonly Draft[] = ["2020-12", "draft-07"];

for (const draft of DRAFTS) {
  test.prop([schemaOf(draft, 2)], { numRuns: 200 })(
    `whatever the validator's strict mode complains of is warned of (${draft})`,
    (schema) => {
      const compiled = compiledOr(compile, schema, draft);
      if (compiled === undefined) return;
      const ajv = draft === "draft-07" ? new Ajv(STRICT) : new Ajv2020(STRICT);

      const complaint = complaintOf(() => ajv.compile(JSON.parse(compiled.definition)));

      const warned = schemaWarnings(compiled.definition).length > 0;
      if (complaint !== undefined) expect({ schema, complaint, warned }).toEqual({ schema, complaint, warned: true });
    },
  );
}

function complaintOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
