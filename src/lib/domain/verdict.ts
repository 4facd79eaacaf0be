import type { ErrorClass } from "./dead-letter.ts";
import type { Unacknowledged } from "./reading.ts";
import { type RetryPolicy, retryDelayMs, strikesMax } from "./retry.ts";
import { isStrike, type Served } from "./strikes.ts";

/**
 * A message that only met connection-level failures was refused by nobody: it waits at most this long, also where the policy's first delay
 * is an hour.
 */
const CONNECTION_RETRY_MS_MAX = 10_000;

/** An attempt that was not acknowledged. */
export interface FailedAttempt {
  readonly reading: Unacknowledged;
  /** With this one. */
  readonly attempts: number;
  /** Before this one. */
  readonly strikes: number;
  /** A probe that came ahead of the message's own due time, which stays as it is. */
  readonly isEarly: boolean;
  readonly served: Served;
  readonly servedThen: Served | undefined;
  /** What the consumer asked for, of this message alone. */
  readonly waitMs: number | undefined;
  /** The endpoint refuses whatever it gets, and its messages shall be kept: permanent is not believed. */
  readonly isHolding: boolean;
  /** In [0, 1): for jitter. */
  readonly random: number;
}

/** What becomes of the message. */
export type Verdict =
  | {
      readonly kind: "retry";
      readonly strikes: number;
      /** `undefined`: when it was due before. */
      readonly delayMs: number | undefined;
    }
  | { readonly kind: "dead"; readonly strikes: number; readonly errorClass: ErrorClass };

export function judge(policy: RetryPolicy, attempt: FailedAttempt): Verdict {
  const { reading, strikes, isHolding } = attempt;
  if (reading.kind === "permanent" && !isHolding) return { kind: "dead", strikes, errorClass: "permanent" };
  if (reading.kind !== "failed") return { kind: "retry", strikes, delayMs: delayMs(policy, attempt) };
  const struck = isStrike({ ...attempt, failure: reading.failure }) ? strikes + 1 : strikes;
  if (struck > strikes && struck >= strikesMax(policy)) {
    return { kind: "dead", strikes: struck, errorClass: reading.failure };
  }
  return { kind: "retry", strikes: struck, delayMs: delayMs(policy, attempt) };
}

function delayMs(policy: RetryPolicy, attempt: FailedAttempt): number | undefined {
  const { reading, attempts, strikes, isEarly, waitMs, random } = attempt;
  if (waitMs !== undefined) return waitMs;
  if (isEarly) return undefined;
  const ownMs = retryDelayMs(policy, attempts, random);
  const isUnmet = reading.kind === "failed" && reading.failure === "connection" && strikes === 0;
  return isUnmet ? Math.min(ownMs, CONNECTION_RETRY_MS_MAX) : ownMs;
}
