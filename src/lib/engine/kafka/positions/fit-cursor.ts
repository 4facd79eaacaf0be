import { type Cursor, cursorAt } from "../../../domain/cursor.ts";
import { encodeCursor, encodedLength } from "../../../domain/cursor-codec.ts";

/**
 * The cursor as text of at most `lengthMax` characters, as far as that goes: the shortest runs of settled offsets above `low` are left
 * out, so that after a crash those come again. Nothing counts as settled that is not.
 */
export function fittingText(cursor: Cursor, lengthMax: number): string {
  if (encodedLength(cursor) <= lengthMax) return encodeCursor(cursor);
  const bySize = cursor.above.toSorted((a, b) => b.to - b.from - (a.to - a.from));
  let [fits, tooMany] = [0, bySize.length];
  while (tooMany - fits > 1) {
    const count = (fits + tooMany) >>> 1;
    if (encodedLength(longest(cursor, count)) <= lengthMax) fits = count;
    else tooMany = count;
  }
  return encodeCursor(longest(cursor, fits));

  function longest(whole: Cursor, count: number): Cursor {
    return { ...whole, above: bySize.slice(0, count).sort((a, b) => a.from - b.from) };
  }
}

/** Of one of Kafka's own tools, which knows only offsets: it counts for the newest move. */
export function cursorOfTool(
  low: number,
  identity: { readonly topicId: string; readonly subscriptionId: string },
): Cursor {
  return cursorAt(low, { ...identity, generation: Number.MAX_SAFE_INTEGER });
}
