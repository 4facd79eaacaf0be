import type { Outcome } from "./delivery.ts";

/** So many connection-level failures in a row, over all messages of a subscription, mean that nobody is there. */
const CONNECTION_FAILURES_MAX = 3;
/** While nobody is there one attempt is made in this time, so that a dead endpoint does not park its whole backlog. */
export const PROBE_PERIOD_MS = 1_000;

/** What a subscription's last attempts tell about its endpoint. */
export interface Reachability {
  /** Connection-level failures in a row. */
  readonly failures: number;
  /** Set while nobody is there: since when, and what the last attempt met. */
  readonly down: { readonly sinceMs: number; readonly reason: string } | undefined;
}

export const REACHABLE: Reachability = { failures: 0, down: undefined };

/** Any outcome that is not connection-level shows that somebody is there. */
export function observe(before: Reachability, outcome: Outcome, nowMs: number): Reachability {
  if (outcome.kind !== "connection") return REACHABLE;
  const failures = before.failures + 1;
  if (failures < CONNECTION_FAILURES_MAX) return { failures, down: undefined };
  return { failures, down: { sinceMs: before.down?.sinceMs ?? nowMs, reason: outcome.reason } };
}
