/** What lies in a heap knows where. */
export interface Due {
  /** Written by the heap, as all of these are. */
  dueMs: number;
  /** Counts how often anything was set. */
  turn: number;
  heapPlace: number;
}

/** Items by the time at which each is due; of those due at one time the first that was set comes first. Adding, moving, removing and taking the first cost the logarithm of how many there are. */
export interface DueHeap<T extends Due> {
  readonly size: number;
  /** Adds the item, or moves it to another time. */
  set(item: T, dueMs: number): void;
  /** Nothing, for what is not in it. */
  delete(item: T): void;
  /** When the first is due; `undefined` when there is none. */
  firstDueMs(): number | undefined;
  /** Removes and gives the first item that is due at `nowMs`. */
  takeDue(nowMs: number): T | undefined;
}

/** A binary heap whose items know their places: there may be a million of them, and nothing more is held for each. */
export function dueHeap<T extends Due>(): DueHeap<T> {
  const heap: T[] = [];
  let turns = 0;

  function isBefore(a: T, b: T): boolean {
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.turn < b.turn);
  }

  function put(item: T, place: number): void {
    heap[place] = item;
    item.heapPlace = place;
  }

  function rise(item: T): void {
    while (item.heapPlace > 0) {
      const place = item.heapPlace;
      const parent = heap[(place - 1) >> 1];
      if (parent === undefined || !isBefore(item, parent)) return;
      put(item, parent.heapPlace);
      put(parent, place);
    }
  }

  function sink(item: T): void {
    for (;;) {
      const place = item.heapPlace;
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, item)) return;
      put(item, child.heapPlace);
      put(child, place);
    }
  }

  const has = (item: T) => heap[item.heapPlace] === item;

  function remove(item: T): void {
    const last = heap.pop();
    if (last === undefined || last === item) return;
    put(last, item.heapPlace);
    rise(last);
    sink(last);
  }

  return {
    get size() {
      return heap.length;
    },
    set(item, dueMs) {
      turns += 1;
      if (!has(item)) {
        item.heapPlace = heap.length;
        heap.push(item);
      }
      item.dueMs = dueMs;
      item.turn = turns;
      rise(item);
      sink(item);
    },
    delete(item) {
      if (has(item)) remove(item);
    },
    firstDueMs: () => heap[0]?.dueMs,
    takeDue(nowMs) {
      const first = heap[0];
      if (first === undefined || first.dueMs > nowMs) return undefined;
      remove(first);
      return first;
    },
  };
}
