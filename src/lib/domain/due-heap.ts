/** Items by the time at which each is due; of those due at one time the first that was set comes first. Adding, moving, removing and taking the first cost the logarithm of how many there are. */
export interface DueHeap<T> {
  readonly size: number;
  /** Adds the item, or moves it to another time. */
  set(item: T, dueMs: number): void;
  delete(item: T): void;
  /** When the first is due; `undefined` when there is none. */
  firstDueMs(): number | undefined;
  /** Removes and gives the first item that is due at `nowMs`. */
  takeDue(nowMs: number): T | undefined;
}

interface Node<T> {
  readonly item: T;
  dueMs: number;
  /** Counts how often anything was set. */
  turn: number;
  place: number;
}

/** A binary heap that knows the place of each item. */
export function dueHeap<T>(): DueHeap<T> {
  const heap: Node<T>[] = [];
  const nodes = new Map<T, Node<T>>();
  let turns = 0;

  function isBefore(a: Node<T>, b: Node<T>): boolean {
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.turn < b.turn);
  }

  function put(node: Node<T>, place: number): void {
    heap[place] = node;
    node.place = place;
  }

  function rise(node: Node<T>): void {
    while (node.place > 0) {
      const place = node.place;
      const parent = heap[(place - 1) >> 1];
      if (parent === undefined || !isBefore(node, parent)) return;
      put(node, parent.place);
      put(parent, place);
    }
  }

  function sink(node: Node<T>): void {
    for (;;) {
      const place = node.place;
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, node)) return;
      put(node, child.place);
      put(child, place);
    }
  }

  function remove(node: Node<T>): void {
    nodes.delete(node.item);
    const last = heap.pop();
    if (last === undefined || last === node) return;
    put(last, node.place);
    rise(last);
    sink(last);
  }

  return {
    get size() {
      return heap.length;
    },
    set(item, dueMs) {
      turns += 1;
      const node = nodes.get(item) ?? { item, dueMs, turn: turns, place: heap.length };
      node.dueMs = dueMs;
      node.turn = turns;
      if (!nodes.has(item)) {
        nodes.set(item, node);
        heap.push(node);
      }
      rise(node);
      sink(node);
    },
    delete(item) {
      const node = nodes.get(item);
      if (node !== undefined) remove(node);
    },
    firstDueMs: () => heap[0]?.dueMs,
    takeDue(nowMs) {
      const first = heap[0];
      if (first === undefined || first.dueMs > nowMs) return undefined;
      remove(first);
      return first.item;
    },
  };
}
