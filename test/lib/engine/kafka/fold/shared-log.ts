export interface Entry<T> {
  readonly offset: number;
  readonly record: T;
}

/** One partition of a compacted topic. */
export interface SharedLog<T> {
  append(record: T): number;
  /** What is there now. */
  entries(): readonly Entry<T>[];
  /** As if nothing had been compacted away. */
  everything(): readonly Entry<T>[];
  /**
   * Takes away what compaction may: of each key whatever lies before its last record; a last one that is a tombstone only once nothing of
   * its key is left and all who read have passed it, which Kafka grants for days. `takes` chooses, by a running number.
   */
  compact(takes: (index: number) => boolean, passed?: number): void;
}

export function sharedLog<T>({
  isTombstone,
  keyOf,
}: {
  readonly isTombstone: (record: T) => boolean;
  readonly keyOf: (record: T) => string;
}): SharedLog<T> {
  const all: Entry<T>[] = [];
  let left: readonly Entry<T>[] = [];
  return {
    append(record) {
      const entry = { offset: all.length, record };
      all.push(entry);
      left = [...left, entry];
      return entry.offset;
    },
    entries: () => left,
    everything: () => all,
    compact(takes, passed = Number.POSITIVE_INFINITY) {
      const last = new Map(left.map((entry) => [keyOf(entry.record), entry]));
      left = left.filter((entry, index) => last.get(keyOf(entry.record)) === entry || !takes(index));
      const count = new Map<string, number>();
      for (const { record } of left) count.set(keyOf(record), (count.get(keyOf(record)) ?? 0) + 1);
      left = left.filter(
        (entry, index) =>
          !isTombstone(entry.record) ||
          entry.offset >= passed ||
          count.get(keyOf(entry.record)) !== 1 ||
          !takes(index + 7),
      );
    },
  };
}
