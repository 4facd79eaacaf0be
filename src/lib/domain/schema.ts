import type { Problem } from "./error.ts";

/** A JSON Schema's text in UTF-8. While one is compiled the broker does nothing else, and the time grows with the size. */
export const SCHEMA_BYTES_MAX = 65_536;
export const SCHEMA_DEPTH_MAX = 100;
/** Versions that a topic's schema can have, each kept: one a day for close to three years. */
export const SCHEMA_VERSIONS_MAX = 1_000;

/** The problems of a value, each with its JSON pointer; none when it fits. */
export type Validate = (value: unknown) => readonly Problem[];

/** Compiles the JSON text of a JSON Schema (2020-12 or draft-07). Fails with `schema_invalid` and every problem with pointer, line, column. */
export type CompileSchema = (definition: string) => Validate;
