import type { Problem } from "./error.ts";

/** The problems of a value, each with its JSON pointer; none when it fits. */
export type Validate = (value: unknown) => readonly Problem[];

/** Compiles the JSON text of a JSON Schema (2020-12). Fails with `schema_invalid` and every problem with pointer, line, column. */
export type CompileSchema = (definition: string) => Validate;
