import { test } from "@fast-check/vitest";
import { expect } from "vitest";
import { acceptsSchema } from "../../../../src/lib/domain/compatibility/compare.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { compiledOr } from "../../../support/compiled.ts";
import { DOCUMENTS, type Draft, schemaOf } from "../../../support/schema-pairs.ts";

const RUNS = 200;
const compile = createCompileSchema();

const DRAFTS: readonly Draft[] = ["2020-12", "draft-07"];

for (const draft of DRAFTS) {
  test.prop([schemaOf(draft, 2)], { numRuns: RUNS })(
    `what is judged here is judged alike by the validator that publishing uses (${draft})`,
    (schema) => {
      const compiled = compiledOr(compile, schema, draft);
      if (compiled === undefined) return;
      const accepts = acceptsSchema(JSON.parse(compiled.definition));

      const differing = DOCUMENTS.filter((document) => accepts(document) !== compiled.fits(document));

      expect({ schema, differing }).toEqual({ schema, differing: [] });
    },
  );
}
