/** Offsets `from` (included) to `to` (excluded). */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/**
 * How far one subscription has come in one shard. Everything below `low` is settled, and so is what lies in `above`:
 * ranges over `low`, ascending, that neither touch each other nor `low`.
 */
export interface Cursor {
  readonly low: number;
  readonly above: readonly OffsetRange[];
  /** Counts rewinds: a commit of an older generation never overwrites a newer one. */
  readonly generation: number;
  /** A cursor of another topic or subscription that had the same name is not believed. */
  readonly topicId: string;
  readonly subscriptionId: string;
  /** How many messages were settled because their time to live was over before any delivery; exact, as it moves with `low`. */
  readonly expired: number;
  /** How many offsets were settled because their record is damaged or lost. */
  readonly damaged: number;
}

export interface CursorIdentity {
  readonly topicId: string;
  readonly subscriptionId: string;
  readonly generation?: number;
}

export function cursorAt(low: number, { topicId, subscriptionId, generation = 0 }: CursorIdentity): Cursor {
  return { low, above: [], generation, topicId, subscriptionId, expired: 0, damaged: 0 };
}

/** Settles one range. What was settled stays settled; settling twice changes nothing. On the path of each push: no spread. */
export function settle(cursor: Cursor, range: OffsetRange): Cursor {
  const { low, above } = cursor;
  let { from, to } = range;
  if (to <= low || to <= from) return cursor;
  const first = firstTouching(above, from);
  let last = first;
  for (let next = above[last]; next !== undefined && next.from <= to; next = above[++last]) {
    from = Math.min(from, next.from);
    to = Math.max(to, next.to);
  }
  if (from <= low) return moved(cursor, to, last === 0 ? above : above.slice(last));
  return moved(cursor, low, above.toSpliced(first, last - first, { from, to }));
}

function moved(cursor: Cursor, low: number, above: readonly OffsetRange[]): Cursor {
  const { generation, topicId, subscriptionId, expired, damaged } = cursor;
  return { low, above, generation, topicId, subscriptionId, expired, damaged };
}

/** What one of the two has settled is settled; of the second only what lies at or above `from`. All else is as the first has it. */
export function unite(cursor: Cursor, other: Cursor, from = 0): Cursor {
  return [{ from: 0, to: other.low }, ...other.above].reduce(
    (sum, range) => settle(sum, { from: Math.max(from, range.from), to: range.to }),
    cursor,
  );
}

export function isSettled({ low, above }: Cursor, offset: number): boolean {
  if (offset < low) return true;
  const range = above[firstTouching(above, offset + 1)];
  return range !== undefined && range.from <= offset && offset < range.to;
}

/** Forgets whatever it says of offsets from `end` on: a log that ends there has nothing settled above. */
export function cutAt(cursor: Cursor, end: number): Cursor {
  if (highest(cursor) <= end) return cursor;
  const above = cursor.above.flatMap(({ from, to }) => (from < end ? [{ from, to: Math.min(to, end) }] : []));
  return { ...cursor, low: Math.min(cursor.low, end), above };
}

/** Nothing is settled from here on. */
export function highest({ low, above }: Cursor): number {
  return above.at(-1)?.to ?? low;
}

/** Settles what nobody received and counts it, once: what was settled before is not counted again. */
export function settleLost(cursor: Cursor, range: OffsetRange, why: "expired" | "damaged"): Cursor {
  const count = unsettledCount(cursor, range);
  return count === 0 ? cursor : { ...settle(cursor, range), [why]: cursor[why] + count };
}

/** How many offsets of the range are not settled. */
export function unsettledCount({ low, above }: Cursor, { from, to }: OffsetRange): number {
  const start = Math.max(low, from);
  let count = Math.max(0, to - start);
  for (let index = firstTouching(above, start); index < above.length; index += 1) {
    const range = above[index];
    if (range === undefined || range.from >= to) break;
    count -= Math.max(0, Math.min(to, range.to) - Math.max(start, range.from));
  }
  return count;
}

/** The parts of the range that are not settled, ascending. */
export function unsettledIn({ low, above }: Cursor, { from, to }: OffsetRange): readonly OffsetRange[] {
  const parts: OffsetRange[] = [];
  let at = Math.max(low, from);
  for (let index = firstTouching(above, at); at < to; index += 1) {
    const next = above[index] ?? { from: to, to };
    if (next.from > at) parts.push({ from: at, to: Math.min(next.from, to) });
    at = Math.max(at, next.to);
  }
  return parts;
}

export function settledAboveCount(cursor: Cursor): number {
  return cursor.above.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Index of the first range that ends at or after `from`: the first that a range starting there could join. */
function firstTouching(ranges: readonly OffsetRange[], from: number): number {
  let [start, end] = [0, ranges.length];
  while (start < end) {
    const middle = (start + end) >>> 1;
    if ((ranges[middle]?.to ?? 0) < from) start = middle + 1;
    else end = middle;
  }
  return start;
}
