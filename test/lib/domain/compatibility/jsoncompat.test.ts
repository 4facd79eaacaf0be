import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "@fast-check/vitest";
import { check_compat, initSync } from "jsoncompat";
import { describe, expect, it } from "vitest";
import { incompatibilities } from "../../../../src/lib/domain/compatibility/compare.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { compiledOr } from "../../../support/compiled.ts";
import { DOCUMENTS, pairOf } from "../../../support/schema-pairs.ts";

const [program = ""] = [fileURLToPath(import.meta.resolve("jsoncompat"))];
initSync({ module: readFileSync(program.replace(/[^/]*$/, "jsoncompat_wasm_bg.wasm")) });

type Verdict = boolean | "no answer";

const ours = (old: string, next: string): boolean =>
  incompatibilities({ name: "version 1", definition: old }, { name: "the new schema", definition: next }, "backward")
    .length === 0;

/** The reader of the new schema is a "deserializer" there. */
function theirs(old: string, next: string): Verdict {
  try {
    return check_compat(old, next, "deserializer");
  } catch (error) {
    if (typeof error === "string") return "no answer";
    throw error;
  }
}

const compile = createCompileSchema();

// It takes a fifth of a second for a pair, and much longer for nested ones.
test.prop([pairOf("2020-12", 1)], { numRuns: 30 })(
  "where jsoncompat says otherwise, no document shows that it is right",
  ([old, next]) => {
    const [before, after] = [compiledOr(compile, old, "2020-12"), compiledOr(compile, next, "2020-12")];
    if (before === undefined || after === undefined) return;

    const verdicts = {
      ours: ours(before.definition, after.definition),
      theirs: theirs(before.definition, after.definition),
    };

    const counterexample = DOCUMENTS.find((document) => before.fits(document) && !after.fits(document));
    if (verdicts.ours) expect({ old, next, verdicts, counterexample }).toEqual({ old, next, verdicts });
  },
);

/** The kinds of disagreement that thousands of pairs have shown; docs/schema-evolution.md has the same table. */
describe("each kind of disagreement with jsoncompat is known", () => {
  it.each<readonly [kind: string, old: object, next: object, ours: boolean, theirs: Verdict]>([
    ["a pattern whose schema takes everything", {}, { patternProperties: { b$: {} } }, true, false],
    ["contains of which none is asked", {}, { contains: {}, minContains: 0 }, true, false],
    ["a decimal multipleOf", { multipleOf: 0.02 }, { multipleOf: 0.01 }, true, "no answer"],
    [
      "draft-07",
      { $schema: "http://json-schema.org/draft-07/schema#", type: "string" },
      { $schema: "http://json-schema.org/draft-07/schema#" },
      true,
      "no answer",
    ],
    [
      "values that oneOf rules out",
      { oneOf: [{ minItems: 0 }, { maxItems: 3 }] },
      { oneOf: [{ minItems: 0 }, { maxItems: 3 }], maximum: 2 },
      false,
      true,
    ],
  ])("%s", (_kind, old, next, expected, otherwise) => {
    const [before, after] = [JSON.stringify(old), JSON.stringify(next)];

    expect([ours(before, after), theirs(before, after)]).toEqual([expected, otherwise]);
  });
});
