import type { ParkedEntry, Source } from "../../port.ts";
import type { NewRecord } from "../producing.ts";
import { decodeEntry, encodeKey, type ParkedKey } from "./parked-keys.ts";

/**
 * What one resource has in its partition of parked entries, read from the beginning to the end. The rules, and why they hold whatever a
 * former owner still writes and whatever Kafka compacts in the meantime:
 *
 * - An owner fences its predecessor, then claims an epoch (the offset of a record that it writes, plus 1), reads to the end, writes the
 *   entries that count again under its own epoch, asks whether it is still the owner, and only then writes `active` for its epoch. Only
 *   those of two owners that joined in that order have `active` of rising epochs: the earlier one was asked before the later one claimed.
 *   So **the highest epoch with `active` is the one that counts**, in whatever order those records lie.
 * - What was put under it was acknowledged only after its owner was found to be the owner after the write, so it lies before the end that
 *   each successor reads to. Entries of another epoch have other keys: they neither hide nor bring back anything.
 * - A late write of the former owner under its own keys may let Kafka drop the older record of the same key before it is read. That is why
 *   a successor reads to the end of the partition and not only to its claim: the newest of each key is read at any rate.
 * - All other keys that it read get tombstones, but only once `active` is written. Nobody had joined after it when it was asked, so that all
 *   of them are of owners before it, and a successor that sees one of the tombstones sees that `active`, too.
 */
export interface ParkedFold {
  add(key: ParkedKey, offset: number, value: Uint8Array | null): void;
  /** The highest epoch with `active`; `undefined`: none. */
  activeEpoch(): number | undefined;
  /** Of one epoch. */
  entries(epoch: number): readonly ParkedEntry[];
  /** The same as records under another epoch, byte for byte: those that this version does not understand, too. */
  copies(epoch: number, under: number): readonly NewRecord[];
  /** All keys that have a value. */
  keys(): readonly ParkedKey[];
  /** The offsets of entries that this version does not understand. */
  strange(): readonly number[];
}

interface Found {
  readonly offset: number;
  readonly source: Source;
  readonly value: Uint8Array;
  /** Read once, as it comes: a hundred thousand at the end would hold up everything else. */
  readonly entry: ParkedEntry | undefined;
}

export function parkedFold(resource: string): ParkedFold {
  const active = new Set<number>();
  const byEpoch = new Map<number, Map<string, Found>>();
  let claimed = false;

  function put(epoch: number, { source, offset, value }: { source: Source; offset: number; value: Uint8Array | null }) {
    const name = `${source.shard.index}/${source.offset}/${source.shard.topicId}`;
    const entries = byEpoch.get(epoch) ?? new Map<string, Found>();
    if (value === null) entries.delete(name);
    else entries.set(name, { offset, source, value, entry: decodeEntry(source, value) });
    if (entries.size === 0) byEpoch.delete(epoch);
    else byEpoch.set(epoch, entries);
  }

  const found = (epoch: number) => Array.from(byEpoch.get(epoch)?.values() ?? []);

  return {
    add(key, offset, value) {
      if (key.kind === "claim") claimed = value !== null;
      else if (key.kind === "parked") put(key.epoch, { source: key.source, offset, value });
      else if (value === null) active.delete(key.epoch);
      else active.add(key.epoch);
    },
    activeEpoch: () => (active.size === 0 ? undefined : Math.max(...active)),
    entries: (epoch) => found(epoch).flatMap(({ entry }) => entry ?? []),
    copies: (epoch, under) =>
      found(epoch).map(({ source, value }) => ({
        key: encodeKey({ kind: "parked", resource, epoch: under, source }),
        value,
      })),
    strange: () =>
      Array.from(byEpoch.keys())
        .flatMap(found)
        .flatMap(({ offset, entry }) => (entry === undefined ? [offset] : [])),
    keys: () => [
      ...(claimed ? [{ kind: "claim", resource } as const] : []),
      ...Array.from(active, (epoch) => ({ kind: "active", resource, epoch }) as const),
      ...Array.from(byEpoch).flatMap(([epoch, entries]) =>
        Array.from(entries.values(), ({ source }) => ({ kind: "parked", resource, epoch, source }) as const),
      ),
    ],
  };
}
