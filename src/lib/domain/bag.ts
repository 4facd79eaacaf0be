/** What lies in a bag knows where. */
export interface Bagged {
  /** Written by the bag. */
  place: number;
}

/**
 * What is under way right now, in no order. Not a Set: when one is full of what was deleted, V8 makes a new table and leaves the old one as it
 * is, and the first of these that grows old keeps all that follow, with whatever was in them, until the next full collection.
 */
export class Bag<T extends Bagged> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** Nothing, for what is not in it. */
  delete(item: T): void {
    if (this.#items[item.place] !== item) return;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    last.place = item.place;
    this.#items[item.place] = last;
  }

  /** As it is now: what is added or deleted later changes nothing in it. */
  all(): readonly T[] {
    return [...this.#items];
  }
}
