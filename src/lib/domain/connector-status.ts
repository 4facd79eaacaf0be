import { bytesText } from "./bytes-text.ts";
import type { Connector } from "./connector.ts";
import type { ConnectorReport, ConnectorStatus, Fault, FaultCode, SnapshotProgress } from "./connector-report.ts";

/** What fails is tried again after this, and each further time after twice as long. */
const RETRY_DELAY_MS_FIRST = 1_000;
const RETRY_DELAY_MS_MAX = 30_000;
const RETRY_FACTOR = 2;
/** ±20 %: many connectors of one database do not come back at the same moment. */
const RETRY_JITTER = 0.2;
/** Another session lets go of the slot within moments of its end. */
const SLOT_DELAY_MS_MIN = 1_000;
const SLOT_DELAY_MS_MAX = 2_000;

/** How a connector is whose stream is open. What is wrong with one that is still at its beginning is told by its warnings alone. */
export function flowingStatus({
  position,
  isSnapshot,
  warnings,
}: Pick<ConnectorReport, "position" | "warnings"> & { readonly isSnapshot: boolean }): ConnectorStatus {
  if (isSnapshot) return "snapshot";
  if (position === null) return "starting";
  return warnings.length > 0 ? "degraded" : "streaming";
}

/** More rows of the beginning are to be read. */
export function isUnfinished(snapshot: SnapshotProgress | null): boolean {
  return snapshot?.tables.some(({ done }) => !done) ?? false;
}

/** After so many failures in a row, from 1. `random` in [0, 1) picks the place within the jitter. */
export function connectorRetryMs({
  code,
  failures,
  random,
}: {
  readonly code: FaultCode;
  readonly failures: number;
  readonly random: number;
}): number {
  if (code === "slot_in_use") return Math.round(SLOT_DELAY_MS_MIN + (SLOT_DELAY_MS_MAX - SLOT_DELAY_MS_MIN) * random);
  const delayMs = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_FIRST * RETRY_FACTOR ** (Math.max(failures, 1) - 1));
  return Math.round(delayMs * (1 + RETRY_JITTER * (2 * random - 1)));
}

/** A database that keeps more of its log for a connector than its operator wants fills its disk in the end. */
export function retainedWarning(
  { name, state, retainedBytesWarn }: Pick<Connector, "name" | "state" | "retainedBytesWarn">,
  retainedBytes: number | null,
): readonly Fault[] {
  if (retainedBytes === null || retainedBytes <= retainedBytesWarn) return [];
  const message = `The database keeps over ${bytesText(retainedBytesWarn)} of its log for this connector; its disk may fill up.`;
  const hint =
    state === "paused"
      ? `kbroker connector resume ${name}, or kbroker connector delete ${name} where it is not needed any more`
      : `kbroker connector describe ${name} says what holds it up; kbroker connector delete ${name} where it is not needed any more`;
  return [{ code: "retained_wal", message, hint }];
}

/** A source's fault as its connector tells it: the next step is the exact command. */
export function faultOf(name: string, fault: Fault): Fault {
  return { ...fault, hint: fault.hint.replaceAll("<name>", name) };
}

/** Each once. */
export function distinctFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter((fault, index) => faults.findIndex((other) => isSameFault(other, fault)) === index);
}

export function isSameFault(a: Fault, b: Fault): boolean {
  return a.code === b.code && a.message === b.message;
}

/** Of a connector that begins: it knows nothing yet. */
export function firstReport(incarnation: number, nowMs: number): ConnectorReport {
  return {
    ...{ incarnation, status: "starting", sinceMs: nowMs, fault: null, warnings: [], retryAtMs: null },
    ...{ checkpoint: null, position: null, snapshot: null, counts: { changes: 0, duplicates: 0, oversize: 0 } },
    ...{ lastChangeAtMs: null, lag: null, retainedBytes: null, measuredAtMs: null },
  };
}
