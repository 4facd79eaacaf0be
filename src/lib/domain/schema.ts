import type { Problem } from "./error.ts";

/** A JSON Schema's text in UTF-8. */
export const SCHEMA_BYTES_MAX = 262_144;
export const SCHEMA_DEPTH_MAX = 100;

/** The problems of a value, each with its JSON pointer; none when it fits. */
export type Validate = (value: unknown) => readonly Problem[];

/** Compiles the JSON text of a JSON Schema (2020-12). Fails with `schema_invalid` and every problem with pointer, line, column. */
export type CompileSchema = (definition: string) => Validate;
