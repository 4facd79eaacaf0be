import { type Cursor, type OffsetRange, unsettledIn } from "../../domain/cursor.ts";
import { type TokenBucket, tokenBucket } from "../../domain/token-bucket.ts";
import type { Shard } from "../../engine/port.ts";
import type { Hold } from "./hold.ts";
import type { Opened } from "./opening.ts";
import type { Lost, Positions } from "./positions.ts";

/** What is needed of a hold. */
interface ReplaysHold extends Pick<Hold, "clock"> {
  readonly subscription: Pick<Hold["subscription"], "topicId">;
}

/** What of the topic is pushed once more because of a rewind, by shard. */
export class Replays {
  readonly #topicId: string;
  readonly #opened: Opened["replays"];
  readonly #before: ReadonlyMap<number, Cursor>;
  /** By shard, ascending, what waits for an undo: it was tried and never acknowledged. As many as may be parked. */
  readonly #suspended = new Map<number, number[]>();
  readonly #bucket: TokenBucket | undefined;

  constructor({ subscription, clock }: ReplaysHold, { replays, suspended }: Pick<Opened, "replays" | "suspended">) {
    const { ratePerS, before } = replays;
    this.#topicId = subscription.topicId;
    this.#opened = replays;
    this.#before = new Map(before.map(({ shard, cursor }) => [shard.index, cursor]));
    this.#bucket = ratePerS === null ? undefined : tokenBucket(ratePerS, clock.monotonic());
    for (const { shard, offset } of suspended.sources) {
      const offsets = this.#suspended.get(shard.index);
      if (offsets === undefined) this.#suspended.set(shard.index, [offset]);
      else offsets.push(offset);
    }
    for (const offsets of this.#suspended.values()) offsets.sort((a, b) => a - b);
  }

  /** The rewind that brought this message back; `undefined` for one that is no replay. */
  jobOf({ topicId, index }: Shard, offset: number): string | undefined {
    if (this.#opened.ranges.length === 0 || topicId !== this.#topicId) return undefined;
    return this.#opened.ranges.find(({ shard, from, to }) => shard === index && from <= offset && offset < to)?.job;
  }

  /** Where the replays of a shard that are held to a rate lie: others are read past them. */
  paced(index: number): OffsetRange | undefined {
    return this.#bucket === undefined ? undefined : this.#opened.ranges.find(({ shard }) => shard === index);
  }

  /** Whether a replay may be pushed now; then it counts as pushed. */
  take(nowMs: number): boolean {
    return this.#bucket?.take(nowMs) ?? true;
  }

  /** When the next replay may be pushed. */
  nextMs(nowMs: number): number {
    return this.#bucket?.nextMs(nowMs) ?? nowMs;
  }

  /** Settles what nobody will receive. What had been settled before the rewind was dealt with then and is not counted again. */
  lose(positions: Pick<Positions, "lose" | "pass">, { at: { index, shard }, range, why }: Losing): void {
    const before = this.#before.get(shard.index);
    if (before === undefined) {
      positions.lose(index, range, why);
      return;
    }
    for (const part of unsettledIn(before, range)) positions.lose(index, part, why);
    const suspended = this.#suspended.get(shard.index) ?? [];
    for (let at = firstFrom(suspended, range.from); at < suspended.length; at += 1) {
      const offset = suspended[at] ?? range.to;
      if (offset >= range.to) break;
      positions.lose(index, { from: offset, to: offset + 1 }, why);
    }
    positions.pass(index, range);
  }
}

/** The index of the first of the ascending offsets at or above `from`. */
function firstFrom(offsets: readonly number[], from: number): number {
  let [start, end] = [0, offsets.length];
  while (start < end) {
    const middle = (start + end) >>> 1;
    if ((offsets[middle] ?? 0) < from) start = middle + 1;
    else end = middle;
  }
  return start;
}

export interface Losing {
  /** A shard, and its index among the positions. */
  readonly at: { readonly index: number; readonly shard: Shard };
  readonly range: OffsetRange;
  readonly why: Lost;
}
