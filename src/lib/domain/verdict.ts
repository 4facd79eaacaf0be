import type { ErrorClass } from "./dead-letter.ts";
import type { Outcome } from "./delivery.ts";
import { type RetryPolicy, retryDelayMs, strikesMax } from "./retry.ts";

/**
 * A message that only met connection-level failures was refused by nobody: it waits at most this long, also where the policy's first delay
 * is an hour.
 */
const CONNECTION_RETRY_MS_MAX = 10_000;

export interface Attempt {
  /** Before this one. */
  readonly strikes: number;
  readonly outcome: Outcome;
  /** In [0, 1): for jitter. */
  readonly random: number;
}

/** What becomes of a message after an attempt. */
export type Verdict =
  | { readonly kind: "ack" }
  | { readonly kind: "retry"; readonly strikes: number; readonly delayMs: number }
  | { readonly kind: "dead"; readonly strikes: number; readonly errorClass: ErrorClass };

/** 2XX acknowledges. Every other answer, and none in time, is a strike; a failure before any byte was sent never is. */
export function judge(policy: RetryPolicy, { strikes, outcome, random }: Attempt): Verdict {
  if (isAck(outcome)) return { kind: "ack" };
  if (outcome.kind === "connection") {
    const delayMs = retryDelayMs(policy, strikes, random);
    return { kind: "retry", strikes, delayMs: strikes === 0 ? Math.min(delayMs, CONNECTION_RETRY_MS_MAX) : delayMs };
  }
  const struck = strikes + 1;
  if (struck >= strikesMax(policy)) return { kind: "dead", strikes: struck, errorClass: outcome.kind };
  return { kind: "retry", strikes: struck, delayMs: retryDelayMs(policy, struck, random) };
}

export function isAck(outcome: Outcome): boolean {
  return outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
}

/** What happened, in words, for whoever reads the dead letter. */
export function reasonOf(outcome: Outcome): string {
  return outcome.kind === "answered" ? `answered ${outcome.status}` : outcome.reason;
}
