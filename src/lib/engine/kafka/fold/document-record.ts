import { KBrokerError } from "../../../domain/error.ts";

/** One record of the catalog's log, whose key is `<kind>/<name>/<version>/<nonce>`; no two records that somebody wrote have one key. */
export interface DocumentRecord {
  readonly kind: string;
  readonly name: string;
  /** What the document has if this one applies; a creation is 1. A deletion counts, too. */
  readonly version: number;
  readonly nonce: string;
  readonly change: DocumentChange;
}

/** `of`: the nonce of the creation that it goes on from. */
export type DocumentChange =
  | { readonly op: "create"; readonly value: unknown }
  | { readonly op: "update"; readonly of: string; readonly value: unknown }
  | { readonly op: "delete"; readonly of: string }
  /** The record of this key is of no use any more. */
  | { readonly op: "clear" };

export type DocumentKey = Omit<DocumentRecord, "change">;

/** A value as JSON; the whole record has to fit into what Kafka takes. */
const VALUE_BYTES_MAX = 1_000_000;

export function keyText({ kind, name, version, nonce }: DocumentKey): string {
  return `${kind}/${name}/${version}/${nonce}`;
}

/** Fails with `payload_too_large`. */
export function encodeChange(change: Exclude<DocumentChange, { op: "clear" }>, what: string): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(change));
  if (bytes.length <= VALUE_BYTES_MAX) return bytes;
  throw new KBrokerError("payload_too_large", `${what} takes ${bytes.length} bytes; at most ${VALUE_BYTES_MAX} fit.`, {
    hint: "Make it smaller.",
  });
}

export function decodeRecord(key: Uint8Array | null, value: Uint8Array | null): DocumentRecord {
  // A name may hold anything; the rest holds no slash.
  const match = /^(?<kind>[^/]+)\/(?<name>.*)\/(?<version>[1-9]\d*)\/(?<nonce>[^/]+)$/s.exec(textOf(key));
  const { kind, name, version, nonce } = match?.groups ?? {};
  if (kind === undefined || name === undefined || nonce === undefined) throw unknownForm();
  const change: unknown = value === null ? { op: "clear" } : JSON.parse(textOf(value));
  if (!isChange(change)) throw unknownForm();
  return { kind, name, version: Number(version), nonce, change };
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function isChange(value: unknown): value is DocumentChange {
  if (typeof value !== "object" || value === null || !("op" in value)) return false;
  if (value.op === "clear") return true;
  if (value.op === "create") return "value" in value;
  const isKnown = (value.op === "update" && "value" in value) || value.op === "delete";
  return isKnown && "of" in value && typeof value.of === "string";
}

function unknownForm(): KBrokerError {
  return new KBrokerError("data_unreadable", "It has a form that this version does not know.");
}
