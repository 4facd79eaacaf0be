import type { ParkedEntry, Shard, Source } from "../../port.ts";
import type { NewRecord } from "../producing.ts";
import { decodeEntry, encodeEntry, encodeKey, type ParkedKey } from "./parked-keys.ts";

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
 * - So an `active` never gives way to a lower one: whoever has read it needs nothing of the epochs below it but their keys, to remove them.
 * - A copy whose answer was lost is written again, under the same key and with the same value, by an owner that asked once more; nobody has
 *   written anything else under that key yet. So what was copied stays copied, however many answers are lost on the way.
 */
export interface ParkedFold {
  add(key: ParkedKey, offset: number, value: Uint8Array | null): void;
  /** The highest epoch with `active`; `undefined`: none. */
  activeEpoch(): number | undefined;
  /** Whether there is anything of the epoch. */
  has(epoch: number): boolean;
  /** Of one epoch, which is not below the active one. */
  entries(epoch: number): readonly ParkedEntry[];
  /** The same as records under another epoch, those that this version does not understand as well; each is made as it is asked for. */
  copies(epoch: number, under: number): Iterable<NewRecord>;
  /** All keys that have a value; each is made as it is asked for. */
  keys(): Iterable<ParkedKey>;
  /** The offsets of entries that this version does not understand. */
  strange(): readonly number[];
}

/** Of a version that this one does not know. */
class Strange {
  readonly offset: number;
  readonly value: Uint8Array;

  constructor(offset: number, value: Uint8Array) {
    this.offset = offset;
    // Its own bytes: those that it was read from would hold all else that was fetched with it.
    this.value = value.slice();
  }
}

/** `null`: there is one, and it does not count. */
type Found = ParkedEntry | Strange | null;

/** There may be a million on a node that takes over from another. What they have in common is there once. */
interface FoundIn {
  readonly shard: Shard;
  readonly byOffset: Map<number, Found>;
}

/** Different reasons in words that are held once; of more each entry has its own. */
const REASONS_MAX = 1_000;

export function parkedFold(resource: string): ParkedFold {
  const active = new Set<number>();
  const byEpoch = new Map<number, Map<string, FoundIn>>();
  const reasons = new Map<string, string>();
  let claimed = false;
  /** Below it no epoch counts. */
  let from = 0;

  function foundIn(epoch: number, { topicId, index }: Shard): FoundIn {
    const shards = byEpoch.get(epoch) ?? new Map<string, FoundIn>();
    byEpoch.set(epoch, shards);
    const name = `${index}/${topicId}`;
    const found = shards.get(name) ?? { shard: { topicId, index }, byOffset: new Map<number, Found>() };
    shards.set(name, found);
    return found;
  }

  function shared(reason: string): string {
    const known = reasons.get(reason);
    if (known !== undefined) return known;
    if (reasons.size < REASONS_MAX) reasons.set(reason, reason);
    return reason;
  }

  function put(epoch: number, place: Source, { offset, value }: { offset: number; value: Uint8Array | null }): void {
    const { shard, byOffset } = foundIn(epoch, place.shard);
    if (value === null) return void byOffset.delete(place.offset);
    if (epoch < from) return void byOffset.set(place.offset, null);
    // Read once, as it comes: a hundred thousand at the end would hold up everything else.
    const entry = decodeEntry({ shard, offset: place.offset }, value);
    const found = entry && Object.assign(entry, { reason: shared(entry.reason) });
    byOffset.set(place.offset, found ?? new Strange(offset, value));
  }

  function activate(epoch: number): void {
    active.add(epoch);
    if (epoch <= from) return;
    from = epoch;
    for (const [older, shards] of byEpoch) {
      if (older >= from) continue;
      for (const { byOffset } of shards.values()) for (const offset of byOffset.keys()) byOffset.set(offset, null);
    }
  }

  function* all(epoch: number): Iterable<readonly [source: Source, found: Found]> {
    for (const { shard, byOffset } of byEpoch.get(epoch)?.values() ?? [])
      for (const [offset, found] of byOffset) yield [{ shard, offset }, found];
  }

  return {
    add(key, offset, value) {
      if (key.kind === "claim") claimed = value !== null;
      else if (key.kind === "parked") put(key.epoch, key.source, { offset, value });
      else if (value === null) active.delete(key.epoch);
      else activate(key.epoch);
    },
    activeEpoch: () => (active.size === 0 ? undefined : Math.max(...active)),
    has: (epoch) => Array.from(byEpoch.get(epoch)?.values() ?? []).some(({ byOffset }) => byOffset.size > 0),
    entries(epoch) {
      const entries: ParkedEntry[] = [];
      for (const [, found] of all(epoch)) if (found !== null && !(found instanceof Strange)) entries.push(found);
      return entries;
    },
    *copies(epoch, under) {
      for (const [source, found] of all(epoch)) {
        if (found === null) continue;
        const key = encodeKey({ kind: "parked", resource, epoch: under, source });
        yield { key, value: found instanceof Strange ? found.value : encodeEntry(found) };
      }
    },
    strange() {
      const offsets: number[] = [];
      for (const epoch of byEpoch.keys())
        for (const [, found] of all(epoch)) if (found instanceof Strange) offsets.push(found.offset);
      return offsets;
    },
    *keys() {
      if (claimed) yield { kind: "claim", resource };
      for (const epoch of active) yield { kind: "active", resource, epoch };
      for (const epoch of byEpoch.keys())
        for (const [source] of all(epoch)) yield { kind: "parked", resource, epoch, source };
    },
  };
}
