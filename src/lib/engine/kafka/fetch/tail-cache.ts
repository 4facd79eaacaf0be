import type { ReadLimits, ReadResult } from "../../port.ts";
import { type Chunk, joined, limited, limitsAfter } from "./chunk.ts";

/** Of payloads: of one shard, and of all together. */
const SHARD_BYTES_MAX = 4 << 20;
const ALL_BYTES_MAX = 64 << 20;
/** A chunk without a payload costs something, too. */
const CHUNK_BYTES = 256;

/** The newest of the shards that somebody follows, fetched once for all who read there. */
export interface TailCache {
  /** Behind what there is of the shard; where it does not fit on, what was there is dropped. */
  add(key: string, chunk: Chunk): void;
  /** From `from` on, as far as it reaches; `undefined`: it does not have that offset. */
  read(key: string, from: number, limits: ReadLimits): ReadResult | undefined;
  /** Nothing below `start` is given any more. */
  trim(key: string, start: number): void;
  drop(key: string): void;
}

interface Held {
  chunks: Chunk[];
  bytes: number;
  start: number;
}

export function createTailCache(): TailCache {
  const shards = new Map<string, Held>();
  let allBytes = 0;

  function shift(key: string, held: Held): void {
    const oldest = held.chunks.shift();
    if (oldest === undefined) return;
    held.bytes -= oldest.bytes + CHUNK_BYTES;
    allBytes -= oldest.bytes + CHUNK_BYTES;
    if (held.chunks.length === 0) shards.delete(key);
  }

  function drop(key: string): void {
    const held = shards.get(key);
    while (held !== undefined && held.chunks.length > 0) shift(key, held);
  }

  /** Of the shard that got nothing for longest: a new chunk puts its shard last. */
  function makeRoom(): void {
    for (const [key, held] of shards) {
      while (allBytes > ALL_BYTES_MAX && held.chunks.length > 0) shift(key, held);
      if (allBytes <= ALL_BYTES_MAX) return;
    }
  }

  return {
    add(key, chunk) {
      if (shards.get(key)?.chunks.at(-1)?.next !== chunk.from) drop(key);
      const held = shards.get(key) ?? { chunks: [], bytes: 0, start: chunk.from };
      shards.delete(key);
      shards.set(key, held);
      held.chunks.push(chunk);
      held.bytes += chunk.bytes + CHUNK_BYTES;
      allBytes += chunk.bytes + CHUNK_BYTES;
      while (held.bytes > SHARD_BYTES_MAX && held.chunks.length > 1) shift(key, held);
      makeRoom();
    },
    read(key, from, limits) {
      const held = shards.get(key);
      if (held === undefined || from < held.start) return undefined;
      let at = held.chunks.findIndex((chunk) => chunk.from <= from && from < chunk.next);
      let result: ReadResult | undefined;
      for (let left: ReadLimits | undefined = limits; left !== undefined; at += 1) {
        const chunk = at < 0 ? undefined : held.chunks[at];
        if (chunk === undefined) break;
        const part = limited(chunk, result?.next ?? from, left);
        result = result === undefined ? part : joined(result, part);
        left = part.next < chunk.next ? undefined : limitsAfter(limits, result);
      }
      return result;
    },
    trim(key, start) {
      const held = shards.get(key);
      if (held !== undefined) held.start = Math.max(held.start, start);
    },
    drop,
  };
}
