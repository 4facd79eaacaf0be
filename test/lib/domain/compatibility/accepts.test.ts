import { test } from "@fast-check/vitest";
import { expect } from "vitest";
import { acceptsSchema } from "../../../../src/lib/domain/compatibility/compare.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { compiledOr } from "../../../support/compiled.ts";
import { DOCUMENTS, schemaOf } from "../../../support/schema-pairs.ts";

const RUNS = 400;
const compile = createCompileSchema();

test.prop([schemaOf("2020-12", 2)], { numRuns: RUNS })(
  "what is judged here is judged alike by the validator that publishing uses",
  (schema) => {
    const compiled = compiledOr(compile, schema, "2020-12");
    if (compiled === undefined) return;
    const accepts = acceptsSchema(schema);

    const differing = DOCUMENTS.filter((document) => accepts(document) !== compiled.fits(document));

    expect({ schema, differing }).toEqual({ schema, differing: [] });
  },
);
