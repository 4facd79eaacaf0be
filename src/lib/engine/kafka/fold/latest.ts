/** Of each resource what its newest hold told; what an older one tells afterwards changes nothing. */
export interface Latest<T> {
  get(resource: string): Told<T> | undefined;
  all(): Iterable<readonly [resource: string, told: Told<T>]>;
  /** `undefined`: the record of that hold is gone. `true`: it is what counts now. */
  apply(resource: string, epoch: number, value: T | undefined): boolean;
  /** The holds of a resource of which the log has a record, apart from `but`. */
  epochs(resource: string, but?: number): readonly number[];
}

export interface Told<T> {
  readonly epoch: number;
  readonly value: T;
}

/** `isNewer` decides between two of one hold; compaction may keep either of them. */
export function createLatest<T>(isNewer: (value: T, before: T) => boolean): Latest<T> {
  const resources = new Map<string, Map<number, T>>();

  function get(resource: string): Told<T> | undefined {
    let newest: Told<T> | undefined;
    for (const [epoch, value] of resources.get(resource) ?? []) {
      if (newest === undefined || epoch > newest.epoch) newest = { epoch, value };
    }
    return newest;
  }

  return {
    get,
    *all() {
      for (const resource of resources.keys()) {
        const told = get(resource);
        if (told !== undefined) yield [resource, told] as const;
      }
    },
    apply(resource, epoch, value) {
      const epochs = resources.get(resource) ?? new Map<number, T>();
      const before = epochs.get(epoch);
      if (value === undefined) {
        epochs.delete(epoch);
        if (epochs.size === 0) resources.delete(resource);
        return false;
      }
      resources.set(resource, epochs);
      if (before !== undefined && !isNewer(value, before)) return false;
      epochs.set(epoch, value);
      return get(resource)?.epoch === epoch;
    },
    epochs: (resource, but) => Array.from(resources.get(resource)?.keys() ?? []).filter((epoch) => epoch !== but),
  };
}
