import { KBrokerError } from "../../../domain/error.ts";

/** What a record of status is about: `report/<resource>/<epoch>` or `hold/<resource>/<epoch>`. */
export interface StatusKey {
  readonly kind: "report" | "hold";
  readonly resource: string;
  readonly epoch: number;
}

export interface StoredReport {
  readonly value: unknown;
  readonly atMs: number;
  /** Counts the reports of one hold. */
  readonly turn: number;
}

export interface StoredHold {
  readonly node: string;
  readonly sinceMs: number;
  readonly isReleased: boolean;
}

/** A report as JSON. */
const REPORT_BYTES_MAX = 900_000;

export function encodeKey({ kind, resource, epoch }: StatusKey): Uint8Array {
  return Buffer.from(`${kind}/${resource}/${epoch}`);
}

export function decodeKey(key: Uint8Array | null): StatusKey {
  // A resource may hold slashes.
  const match = /^(?<kind>report|hold)\/(?<resource>.*)\/(?<epoch>\d+)$/s.exec(textOf(key));
  const { kind, resource, epoch } = match?.groups ?? {};
  if (resource === undefined || (kind !== "report" && kind !== "hold")) throw unknownForm();
  return { kind, resource, epoch: Number(epoch) };
}

/** Fails with `payload_too_large`. */
export function encodeReport(report: StoredReport, resource: string): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(report));
  if (bytes.length <= REPORT_BYTES_MAX) return bytes;
  throw new KBrokerError(
    "payload_too_large",
    `The report on "${resource}" takes ${bytes.length} bytes; at most ${REPORT_BYTES_MAX} fit.`,
  );
}

export function decodeReport(bytes: Uint8Array): StoredReport {
  const report: unknown = JSON.parse(textOf(bytes));
  if (isReport(report)) return report;
  throw unknownForm();
}

export function encodeHold(hold: StoredHold): Uint8Array {
  return Buffer.from(JSON.stringify(hold));
}

export function decodeHold(bytes: Uint8Array): StoredHold {
  const hold: unknown = JSON.parse(textOf(bytes));
  if (isHold(hold)) return hold;
  throw unknownForm();
}

function isReport(value: unknown): value is StoredReport {
  if (typeof value !== "object" || value === null || !("value" in value)) return false;
  return "atMs" in value && typeof value.atMs === "number" && "turn" in value && typeof value.turn === "number";
}

function isHold(value: unknown): value is StoredHold {
  if (typeof value !== "object" || value === null) return false;
  if (!("node" in value && typeof value.node === "string" && "sinceMs" in value)) return false;
  return typeof value.sinceMs === "number" && "isReleased" in value && typeof value.isReleased === "boolean";
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function unknownForm(): KBrokerError {
  return new KBrokerError("data_unreadable", "It has a form that this version does not know.");
}
