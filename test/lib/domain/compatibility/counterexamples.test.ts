import { test } from "@fast-check/vitest";
import { expect } from "vitest";
import { incompatibilities } from "../../../../src/lib/domain/compatibility/compare.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { compiledOr } from "../../../support/compiled.ts";
import { DOCUMENTS, type Draft, pairOf } from "../../../support/schema-pairs.ts";

const RUNS = 200;
const compile = createCompileSchema();

const DRAFTS: readonly Draft[] = ["2020-12", "draft-07"];

for (const draft of DRAFTS) {
  test.prop([pairOf(draft, 2)], { numRuns: RUNS })(
    `what is said to be compatible has no counterexample (${draft})`,
    expectNoCounterexample(draft),
  );
}

/** Compatible is said only of what is proved: every document that fitted the old schema fits the new one. */
function expectNoCounterexample(draft: Draft) {
  return ([old, next]: readonly [unknown, unknown]) => {
    const [fitsOld, fitsNew] = [compiledOr(compile, old, draft), compiledOr(compile, next, draft)];
    if (fitsOld === undefined || fitsNew === undefined) return;
    const [before, after] = [
      { name: "version 1", definition: fitsOld.definition },
      { name: "the new schema", definition: fitsNew.definition },
    ];

    const found = incompatibilities(before, after, "backward");

    const counterexample = DOCUMENTS.find((document) => fitsOld.fits(document) && !fitsNew.fits(document));
    if (found.length === 0) expect({ old, next, counterexample }).toEqual({ old, next });
  };
}
