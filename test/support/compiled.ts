import { KBrokerError } from "../../src/lib/domain/error.ts";
import type { CompileSchema } from "../../src/lib/domain/schema.ts";
import type { Draft } from "./schema-pairs.ts";

export interface Compiled {
  readonly definition: string;
  fits(document: unknown): boolean;
}

/** As publishing compiles it; `undefined` for the few schemas that are refused, such as one whose `enum` has a value twice. */
export function compiledOr(compile: CompileSchema, schema: unknown, draft: Draft): Compiled | undefined {
  const isOlder = draft === "draft-07" && typeof schema === "object";
  const marked = isOlder ? { $schema: "http://json-schema.org/draft-07/schema#", ...schema } : schema;
  const definition = JSON.stringify(marked);
  try {
    const validate = compile(definition);
    return { definition, fits: (document) => validate(document).length === 0 };
  } catch (error) {
    if (error instanceof KBrokerError && error.code === "schema_invalid") return undefined;
    throw error;
  }
}
