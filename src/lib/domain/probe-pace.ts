import type { Outcome } from "./delivery.ts";

/** `slow`: what people have to mend (a name, a certificate, a path, a credential) is not looked at every ten seconds. */
export type Pace = "fast" | "slow";

const SLOW_STATUSES: readonly number[] = [401, 403, 404];
const DELAYS: Readonly<Record<Pace, { readonly firstMs: number; readonly maxMs: number }>> = {
  fast: { firstMs: 1_000, maxMs: 10_000 },
  slow: { firstMs: 5_000, maxMs: 60_000 },
};

export function paceOf(outcome: Outcome): Pace {
  if (outcome.kind === "connection") return outcome.fault === undefined ? "fast" : "slow";
  return outcome.kind === "answered" && SLOW_STATUSES.includes(outcome.status) ? "slow" : "fast";
}

/** From one probe to the next, after `probes` of them. */
export function probeDelayMs(pace: Pace, probes: number): number {
  const { firstMs, maxMs } = DELAYS[pace];
  return Math.min(maxMs, firstMs * 2 ** probes);
}

/** No probe is ever further away than this. */
export const PROBE_DELAY_MS_MAX: number = DELAYS.slow.maxMs;
