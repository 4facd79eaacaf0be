import type { CompileSchema, Validate } from "../domain/schema.ts";

/** A compiled schema takes some 50 KB; the one used longest ago goes first and is compiled again when needed. */
const COMPILED_SCHEMAS_MAX = 1_000;

/**
 * Compiles each text once: compiling takes a millisecond for a usual schema and up to half a second for one of the largest size, which no
 * publish should wait for again. What fails is not kept.
 */
export function keepCompiled(compile: CompileSchema, countMax = COMPILED_SCHEMAS_MAX): CompileSchema {
  const compiled = new Map<string, Validate>();

  return (definition) => {
    const validate = compiled.get(definition) ?? compile(definition);
    // Put last again, so that the first of the map is the one used longest ago.
    compiled.delete(definition);
    compiled.set(definition, validate);
    const [oldest] = compiled.size > countMax ? compiled.keys() : [];
    if (oldest !== undefined) compiled.delete(oldest);
    return validate;
  };
}
