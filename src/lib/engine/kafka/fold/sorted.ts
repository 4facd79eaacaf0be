/** Items in an order, of which many come and go: each costs the logarithm of how many there are, and a short move. */
export interface Sorted<T> {
  readonly size: number;
  add(item: T): void;
  /** The item that compares as equal. */
  delete(item: T): void;
  /** In order, from the first one on for which `isBehind` holds; that must hold for all behind it. Not to be changed meanwhile. */
  from(isBehind: (item: T) => boolean): Iterable<T>;
}

const CHUNK_MAX = 512;

/** Short arrays, one behind the other. */
export function createSorted<T>(compare: (a: T, b: T) => number): Sorted<T> {
  const chunks: T[][] = [];
  let size = 0;

  /** The first place of the items for which it holds. */
  function firstOf<I>(items: readonly I[], holds: (item: I) => boolean): number {
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const item = items[middle];
      if (item !== undefined && holds(item)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  function chunkOf(holds: (item: T) => boolean): number {
    return firstOf(chunks, (chunk) => {
      const last = chunk.at(-1);
      return last !== undefined && holds(last);
    });
  }

  return {
    get size() {
      return size;
    },
    add(item) {
      const isBehind = (each: T) => compare(each, item) >= 0;
      const at = Math.min(chunkOf(isBehind), Math.max(0, chunks.length - 1));
      const chunk = chunks[at] ?? [];
      chunks[at] = chunk;
      chunk.splice(firstOf(chunk, isBehind), 0, item);
      size += 1;
      if (chunk.length > CHUNK_MAX) chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX >> 1));
    },
    delete(item) {
      const isBehind = (each: T) => compare(each, item) >= 0;
      const at = chunkOf(isBehind);
      const chunk = chunks[at] ?? [];
      const place = firstOf(chunk, isBehind);
      const found = chunk[place];
      if (found === undefined || compare(found, item) !== 0) return;
      chunk.splice(place, 1);
      size -= 1;
      if (chunk.length === 0) chunks.splice(at, 1);
    },
    *from(isBehind) {
      const at = chunkOf(isBehind);
      for (let index = at; index < chunks.length; index++) {
        const chunk = chunks[index] ?? [];
        for (let place = index === at ? firstOf(chunk, isBehind) : 0; place < chunk.length; place++) {
          const item = chunk[place];
          if (item !== undefined) yield item;
        }
      }
    },
  };
}
