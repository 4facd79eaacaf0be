/** When a failed message is tried again, and how often it may fail before it goes to the dead letter topic. */
export type RetryPolicy =
  | {
      readonly kind: "exponential";
      readonly strikesMax: number;
      readonly firstDelayMs: number;
      readonly factor: number;
      readonly delayMsMax: number;
      /** 0.2 spreads each delay over ±20 %. */
      readonly jitter: number;
    }
  /** `n` delays: `n + 1` strikes, then the dead letter topic. */
  | { readonly kind: "list"; readonly delaysMs: readonly number[] };

const FIRST_DELAY_MS = 5_000;

export const RETRY_DEFAULT: RetryPolicy = {
  kind: "exponential",
  strikesMax: 10,
  firstDelayMs: FIRST_DELAY_MS,
  factor: 2,
  delayMsMax: 300_000,
  jitter: 0.2,
};

export const RETRY_DELAYS_MAX = 50;
export const RETRY_DELAY_MS_MAX = 24 * 3_600_000;

/** At this many strikes a message is dead. */
export function strikesMax(policy: RetryPolicy): number {
  return policy.kind === "list" ? policy.delaysMs.length + 1 : policy.strikesMax;
}

/**
 * Milliseconds until the next attempt of a message that was tried `attempts` times. Attempts count, not strikes: a message that fails
 * without one is tried less and less often, too. `random` in [0, 1) picks the place within the jitter.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, random: number): number {
  const step = Math.max(attempts, 1) - 1;
  if (policy.kind === "list") {
    return policy.delaysMs[Math.min(step, policy.delaysMs.length - 1)] ?? FIRST_DELAY_MS;
  }
  const delayMs = Math.min(policy.delayMsMax, policy.firstDelayMs * policy.factor ** step);
  return Math.round(delayMs * (1 + policy.jitter * (2 * random - 1)));
}
