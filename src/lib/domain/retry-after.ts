import type { Outcome } from "./delivery.ts";

const WAIT_MS_MIN = 1_000;
export const RETRY_AFTER_MS_MAX = 3_600_000;
/** With one of these the consumer speaks for itself as a whole, not about one message. */
const OF_THE_WHOLE: readonly number[] = [429, 503];

/** For how long the consumer asked to be left alone. */
export interface Wait {
  readonly delayMs: number;
  /** `subscription`: with everything; `message`: with this message. */
  readonly scope: "subscription" | "message";
}

/** The `Retry-After` of an answer, in seconds or as a date, between 1 s and 1 h; `undefined` where there is none that can be read. */
export function waitOf(outcome: Outcome, nowMs: number): Wait | undefined {
  if (outcome.kind !== "answered" || outcome.details?.retryAfter === undefined) return undefined;
  const askedMs = delayMs(outcome.details.retryAfter.trim(), nowMs);
  if (askedMs === undefined) return undefined;
  const clampedMs = Math.min(RETRY_AFTER_MS_MAX, Math.max(WAIT_MS_MIN, askedMs));
  return { delayMs: clampedMs, scope: OF_THE_WHOLE.includes(outcome.status) ? "subscription" : "message" };
}

/** HTTP's three forms of a date all begin with the name of a day, and all are in GMT, also the one that does not say so. */
function delayMs(text: string, nowMs: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const atMs = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}
