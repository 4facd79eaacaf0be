import { KBrokerError } from "../../domain/error.ts";
import type { CompileSchema, Validate } from "../../domain/schema.ts";
import type { TopicSchema } from "../../domain/topic.ts";

/** A compiled schema takes some 50 KB; the one used longest ago goes first and is compiled again when needed. */
export const COMPILED_SCHEMAS_MAX = 1_000;

/** Gives the validator of a schema, compiled at its first use. The same object of the catalog view is the same schema. */
export function createValidators(
  compile: CompileSchema,
  countMax = COMPILED_SCHEMAS_MAX,
): (schema: TopicSchema) => Validate {
  const compiled = new Map<TopicSchema, Validate>();

  return (schema) => {
    const validate = compiled.get(schema) ?? compileStored(compile, schema);
    // Put last again, so that the first of the map is the one used longest ago.
    compiled.delete(schema);
    compiled.set(schema, validate);
    const [oldest] = compiled.size > countMax ? compiled.keys() : [];
    if (oldest !== undefined) compiled.delete(oldest);
    return validate;
  };
}

/** It compiled when it was created: that it does not any more is no fault of the one who publishes. */
function compileStored(compile: CompileSchema, { topic, version, definition }: TopicSchema): Validate {
  try {
    return compile(definition);
  } catch (cause) {
    throw new KBrokerError(
      "internal",
      `Version ${version} of the schema of topic "${topic}" cannot be used any more.`,
      {
        cause,
      },
    );
  }
}
