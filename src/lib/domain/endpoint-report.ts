import type { OpenCircuit } from "./circuit.ts";
import type { Served } from "./strikes.ts";
import type { WindowState } from "./window.ts";

/** What the owner of a subscription has learned about its endpoint, as the next owner finds it. Every time in it is wall time. */
export interface EndpointReport {
  readonly served: Served;
  readonly window: WindowState;
  /** Left out: closed. */
  readonly circuit?: OpenCircuit;
  /** Left out: the consumer asked for no pause. */
  readonly heldUntilMs?: number;
}

/** A report of another form is not guessed at: the next owner learns anew. */
export function isEndpointReport(value: unknown): value is EndpointReport {
  if (!isObject(value)) return false;
  const { served, window, circuit, heldUntilMs } = value;
  return (
    isObject(served) &&
    [served.attempts, served.acks].every(isCount) &&
    isObject(window) &&
    isCount(window.size) &&
    typeof window.isDoubling === "boolean" &&
    (heldUntilMs === undefined || isCount(heldUntilMs)) &&
    (circuit === undefined || isOpenCircuit(circuit))
  );
}

export function isOpenCircuit(value: unknown): value is OpenCircuit {
  if (!isObject(value)) return false;
  const { kind, sinceMs, reason, pace, probes, nextProbeMs } = value;
  return (
    (kind === "unreachable" || kind === "failing" || kind === "rejecting") &&
    (pace === "fast" || pace === "slow") &&
    typeof reason === "string" &&
    [sinceMs, probes, nextProbeMs].every(isCount)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
