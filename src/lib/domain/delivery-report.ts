import type { OpenCircuit } from "./circuit.ts";
import { isOpenCircuit } from "./endpoint-report.ts";
import type { ShardOffset } from "./job.ts";
import type { Health } from "./subscription.ts";

/** What the owner of a subscription tells the other nodes of it. Cursors are not in it: anyone reads those that are committed. Times are wall time. */
export interface DeliveryReport {
  readonly health: Health;
  readonly healthReason: string | null;
  readonly endpoint: {
    readonly circuit: OpenCircuit | null;
    readonly window: number;
    readonly heldUntilMs: number | null;
  };
  readonly inFlight: number;
  readonly parked: number;
  readonly nextAttemptMs: number | null;
  readonly oldestHeldMs: number | null;
  readonly oldestRedrivenMs?: number;
  readonly letters?: { readonly setAside: number; readonly heldFrom: readonly ShardOffset[] };
  readonly ackPerS: number;
}

/** A report of another form is not guessed at: nobody knows then. */
export function isDeliveryReport(value: unknown): value is DeliveryReport {
  if (!isObject(value)) return false;
  const { health, healthReason, endpoint, letters, oldestRedrivenMs } = value;
  return (
    (health === "ok" || health === "degraded" || health === "unknown") &&
    (healthReason === null || typeof healthReason === "string") &&
    isEndpoint(endpoint) &&
    [value.inFlight, value.parked, value.ackPerS].every(isCount) &&
    [value.nextAttemptMs, value.oldestHeldMs].every((each) => each === null || isCount(each)) &&
    (oldestRedrivenMs === undefined || isCount(oldestRedrivenMs)) &&
    (letters === undefined || isLetters(letters))
  );
}

function isEndpoint(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { circuit, window, heldUntilMs } = value;
  return (
    (circuit === null || isOpenCircuit(circuit)) && isCount(window) && (heldUntilMs === null || isCount(heldUntilMs))
  );
}

function isLetters(value: unknown): boolean {
  if (!isObject(value) || !isCount(value.setAside) || !Array.isArray(value.heldFrom)) return false;
  return value.heldFrom.every((each: unknown) => isObject(each) && isCount(each.shard) && isCount(each.offset));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
