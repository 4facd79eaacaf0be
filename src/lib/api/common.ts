import { z } from "zod";
import { durationMs } from "../domain/duration.ts";
import { KBrokerError } from "../domain/error.ts";

/** RFC 3339 in UTC with milliseconds, as `Date.toISOString` writes it. */
export const instant = z.iso.datetime();

export const count = z.number().int().nonnegative();

/** Of a query: `true` or `false`; false when left out. */
export const switched = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");

/** What an update changed: a setting as the request names it, its values in the words of a request. */
export const change = z.object({ setting: z.string(), from: z.string(), to: z.string() });
export type Change = z.output<typeof change>;

/** A duration as people write it ("30s", "3d"), checked against its bounds and given as milliseconds. */
export function duration(
  what: string,
  bounds: { readonly minMs: number; readonly maxMs: number; readonly range: string },
) {
  return z.string().transform((text, context) => {
    const ms = msOr(text, what);
    if (typeof ms === "string") context.addIssue({ code: "custom", message: ms });
    else if (ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
    else context.addIssue({ code: "custom", message: `${what} is ${text}; it must be ${bounds.range}.` });
    return z.NEVER;
  });
}

function msOr(text: string, what: string): number | string {
  try {
    return durationMs(text, what);
  } catch (error) {
    if (error instanceof KBrokerError) return `${error.message} ${error.hint ?? ""}`.trim();
    throw error;
  }
}
