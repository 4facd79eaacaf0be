import type { Cursor, OffsetRange } from "../../domain/cursor.ts";
import { readDeadLetter } from "../../domain/dead-letter.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Engine, Shard } from "../../engine/port.ts";
import type { Observer } from "../observer.ts";

/** One read of the dead letter topic. */
const READ = { countMax: 512, bytesMax: 1_048_576 };

/** What is kept of one shard of a dead letter topic, and what of it a subscription has settled: redriven, purged, or not its own. */
export interface LetterPlace {
  readonly shard: Shard;
  readonly start: number;
  readonly end: number;
  readonly cursor: Cursor;
}

/** Whose letters lie where in dead letter topics that several subscriptions share. */
export interface LetterIndex {
  /** How many of this subscription's are kept and not settled; `null` until the topic was read once. */
  count(topic: Topic, subscription: string, places: readonly LetterPlace[]): Promise<number | null>;
}

/** The offsets of one shard by subscription, ascending, up to `next`. */
interface Followed {
  next: number;
  readonly offsets: Map<string, number[]>;
}

interface Deps {
  readonly engine: Pick<Engine, "log">;
  readonly observer: Observer;
}

/**
 * A count would cost a scan each time: whose a letter is stands in the letter. So each shared topic is read once, behind the first
 * question, and from then on what is new is read before an answer. Memory: a number a letter.
 */
export function letterIndex({ engine, observer }: Deps): LetterIndex {
  const topics = new Map<string, Followed[]>();
  const reading = new Map<string, Promise<void>>();
  const known = new Set<string>();

  function follow(topicId: string, places: readonly LetterPlace[]): Promise<void> {
    const running = reading.get(topicId);
    if (running !== undefined) return running;
    const shards = topics.get(topicId) ?? [];
    topics.set(topicId, shards);
    const pass = readOn(engine, shards, places)
      .then(() => void known.add(topicId))
      .finally(() => reading.delete(topicId));
    reading.set(topicId, pass);
    return pass;
  }

  return {
    async count({ id, name }, subscription, places) {
      if (known.has(id)) await follow(id, places);
      else {
        follow(id, places).catch((error: unknown) =>
          observer.log("warn", "A shared dead letter topic cannot be counted yet.", { topic: name, error }),
        );
        return null;
      }
      const shards = topics.get(id) ?? [];
      return places.reduce((sum, place) => {
        const offsets = shards[place.shard.index]?.offsets.get(subscription) ?? [];
        return (
          sum + gaps(place).reduce((count, { from, to }) => count + position(offsets, to) - position(offsets, from), 0)
        );
      }, 0);
    },
  };
}

async function readOn(engine: Deps["engine"], shards: Followed[], places: readonly LetterPlace[]): Promise<void> {
  for (const { shard, start, end } of places) {
    const followed = shards[shard.index] ?? { next: start, offsets: new Map() };
    shards[shard.index] = followed;
    for (const offsets of followed.offsets.values()) offsets.splice(0, position(offsets, start));
    await readShard(engine, { shard, end, followed });
  }
}

async function readShard(
  engine: Deps["engine"],
  { shard, end, followed }: { readonly shard: Shard; readonly end: number; readonly followed: Followed },
): Promise<void> {
  while (followed.next < end) {
    const { records, next } = await engine.log.read(shard, followed.next, READ);
    for (const message of records) {
      const subscription = readDeadLetter(message)?.info.subscription;
      if (subscription === undefined) continue;
      const offsets = followed.offsets.get(subscription);
      if (offsets === undefined) followed.offsets.set(subscription, [message.offset]);
      else offsets.push(message.offset);
    }
    if (next <= followed.next) return;
    followed.next = next;
  }
}

/** What of a place is not settled. */
function gaps({ start, end, cursor: { low, above } }: LetterPlace): readonly OffsetRange[] {
  const ends = [...above, { from: end, to: end }];
  let from = Math.max(start, low);
  return ends.map((settled) => {
    const gap = { from: Math.min(from, end), to: Math.min(Math.max(settled.from, from), end) };
    from = Math.max(from, settled.to);
    return gap;
  });
}

/** How many of the ascending offsets are below `offset`. */
function position(offsets: readonly number[], offset: number): number {
  let [start, end] = [0, offsets.length];
  while (start < end) {
    const middle = (start + end) >>> 1;
    if ((offsets[middle] ?? 0) < offset) start = middle + 1;
    else end = middle;
  }
  return start;
}
