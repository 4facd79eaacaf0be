import { z } from "zod";
import { CODES, type Code } from "../domain/error.ts";

const codes = Object.keys(CODES) as [Code, ...Code[]];

/** One place of a bad input. `line` and `column` count from 1. */
export const problem = z.object({
  pointer: z.string().exactOptional(),
  path: z.string().exactOptional(),
  line: z.number().int().positive().exactOptional(),
  column: z.number().int().positive().exactOptional(),
  message: z.string(),
  /** What would be accepted instead. */
  fix: z.string().exactOptional(),
  /** The place in the version that a new schema is compared with. */
  old: z
    .object({ version: z.number(), pointer: z.string(), line: z.number().int(), column: z.number().int() })
    .exactOptional(),
});

/** What was wrong with one line of a batch. */
export const lineError = z.object({
  code: z.enum(codes),
  message: z.string(),
  hint: z.string().optional(),
  problems: z.array(problem).optional(),
});

/** The body of every reply that is not 2XX, on every route. */
export const errorReply = z.object({
  error: lineError.extend({ requestId: z.string() }),
});

export type ErrorReply = z.output<typeof errorReply>;
