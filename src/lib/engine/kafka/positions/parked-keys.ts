import type { ParkedEntry, Source } from "../../port.ts";

/**
 * What lies in the topic of parked entries. `parked`: an entry, under the epoch of its owner. `active`: from here on the entries of this
 * epoch are those that count. `claim`: nothing but an offset, which is the epoch.
 */
export type ParkedKey =
  | { readonly kind: "parked"; readonly resource: string; readonly epoch: number; readonly source: Source }
  | { readonly kind: "active"; readonly resource: string; readonly epoch: number }
  | { readonly kind: "claim"; readonly resource: string };

/** JSON: no name that anybody chose can look like another key. */
export function encodeKey(key: ParkedKey): Uint8Array {
  return encoder.encode(JSON.stringify(partsOf(key)));
}

/** `undefined`: none that this version writes. */
export function decodeKey(bytes: Uint8Array | null): ParkedKey | undefined {
  const parts = parse(bytes);
  if (!Array.isArray(parts)) return undefined;
  const [kind, resource, epoch, topicId, index, offset]: readonly unknown[] = parts;
  if (typeof resource !== "string") return undefined;
  if (kind === "claim") return { kind, resource };
  if (!isCount(epoch)) return undefined;
  if (kind === "active") return { kind, resource, epoch };
  if (kind !== "parked" || typeof topicId !== "string" || !isCount(index) || !isCount(offset)) return undefined;
  return { kind, resource, epoch, source: { shard: { topicId, index }, offset } };
}

/** The source is in the key. */
export function encodeEntry({ source: _, ...rest }: ParkedEntry): Uint8Array {
  return encoder.encode(JSON.stringify(rest));
}

/** `undefined`: none that this version writes. */
export function decodeEntry(source: Source, bytes: Uint8Array): ParkedEntry | undefined {
  const value = parse(bytes);
  return isEntry(value) ? Object.assign(value, { source }) : undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function partsOf(key: ParkedKey): readonly (string | number)[] {
  if (key.kind === "claim") return [key.kind, key.resource];
  if (key.kind === "active") return [key.kind, key.resource, key.epoch];
  const { shard, offset } = key.source;
  return [key.kind, key.resource, key.epoch, shard.topicId, shard.index, offset];
}

function parse(bytes: Uint8Array | null): unknown {
  if (bytes === null) return undefined;
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

const NUMBERS = ["generation", "publishTimeMs", "attempts", "strikes", "dueMs", "firstFailureMs", "lastFailureMs"];

function isEntry(value: unknown): value is Omit<ParkedEntry, "source"> {
  if (typeof value !== "object" || value === null) return false;
  const field = (name: string): unknown => Reflect.get(value, name);
  const status = field("lastStatus");
  return (
    NUMBERS.every((name) => typeof field(name) === "number") &&
    (status === null || typeof status === "number") &&
    typeof field("reason") === "string"
  );
}
