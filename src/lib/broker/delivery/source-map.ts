import type { Source } from "../../engine/port.ts";

/** By source, without a text for each of them. */
export class SourceMap<T> {
  /** By topic, shard and offset. */
  readonly #topics = new Map<string, Map<number, Map<number, T>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ shard, offset }: Source): T | undefined {
    return this.#topics.get(shard.topicId)?.get(shard.index)?.get(offset);
  }

  set({ shard: { topicId, index }, offset }: Source, value: T): void {
    const shards = this.#topics.get(topicId) ?? new Map<number, Map<number, T>>();
    this.#topics.set(topicId, shards);
    const offsets = shards.get(index) ?? new Map<number, T>();
    shards.set(index, offsets);
    if (!offsets.has(offset)) this.#size += 1;
    offsets.set(offset, value);
  }

  delete({ shard, offset }: Source): void {
    if (this.#topics.get(shard.topicId)?.get(shard.index)?.delete(offset) === true) this.#size -= 1;
  }

  /** Shard by shard. */
  *values(): Iterable<T> {
    for (const shards of this.#topics.values()) for (const offsets of shards.values()) yield* offsets.values();
  }
}
