import type { Cursor, OffsetRange } from "./cursor.ts";

/** What the tightest engine keeps for a cursor: the metadata of a Kafka offset commit, in UTF-16 characters. */
export const CURSOR_LENGTH_MAX = 4_096;
/** At this encoded length nothing new is begun: what is in flight may still split ranges. */
export const CURSOR_LENGTH_STOP = CURSOR_LENGTH_MAX * 0.75;

const VERSION = "1";
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** A digit holds five bits; the sixth says that another follows. A hole of one and a run below 32 take two characters together. */
const RADIX = 32;

/** One line of text: version, numbers, both ids, then for each range the hole before it and its length. */
export function encodeCursor({ low, above, generation, topicId, subscriptionId, expired, damaged }: Cursor): string {
  let text = VERSION + number(generation) + number(low) + number(expired) + number(damaged);
  for (const id of [topicId, subscriptionId]) text += number(id.length) + id;
  let end = low;
  for (const { from, to } of above) {
    text += number(from - end) + number(to - from);
    end = to;
  }
  return text;
}

/** `encodeCursor(cursor).length`, cheap enough to ask after each settlement. */
export function encodedLength({ low, above, generation, topicId, subscriptionId, expired, damaged }: Cursor): number {
  let length = VERSION.length + digitCount(generation) + digitCount(low) + digitCount(expired) + digitCount(damaged);
  length += digitCount(topicId.length) + topicId.length + digitCount(subscriptionId.length) + subscriptionId.length;
  let end = low;
  for (const { from, to } of above) {
    length += digitCount(from - end) + digitCount(to - from);
    end = to;
  }
  return length;
}

/** `undefined` for anything that `encodeCursor` does not write. */
export function decodeCursor(text: string): Cursor | undefined {
  if (!text.startsWith(VERSION)) return undefined;
  const reader = readerOf(text, VERSION.length);
  const [generation, low, expired, damaged] = [reader.number(), reader.number(), reader.number(), reader.number()];
  const topicId = reader.text(reader.number());
  const subscriptionId = reader.text(reader.number());
  const above: OffsetRange[] = [];
  let end = low;
  while (reader.hasMore()) {
    const from = end + reader.number();
    const to = from + reader.number();
    if (!(from > end && to > from)) return undefined;
    above.push({ from, to });
    end = to;
  }
  const cursor = { low, above, generation, topicId, subscriptionId, expired, damaged };
  return Number.isSafeInteger(end) && encodeCursor(cursor) === text ? cursor : undefined;
}

/** Lowest digit first. No bit operators: offsets may need more than 32 bits. */
function number(value: number): string {
  let text = "";
  let rest = value;
  while (rest >= RADIX) {
    text += DIGITS[RADIX + (rest % RADIX)];
    rest = Math.floor(rest / RADIX);
  }
  return text + DIGITS[rest];
}

function digitCount(value: number): number {
  let count = 1;
  for (let rest = value; rest >= RADIX; rest = Math.floor(rest / RADIX)) count += 1;
  return count;
}

/** Over the end or at a strange character numbers are NaN, so that the whole is refused. */
function readerOf(text: string, start: number) {
  let at = start;
  return {
    hasMore: () => at < text.length,
    number(): number {
      let [value, weight] = [0, 1];
      for (;;) {
        const digit = DIGITS.indexOf(text[at] ?? " ");
        at += 1;
        if (digit < 0) return Number.NaN;
        value += (digit % RADIX) * weight;
        if (digit < RADIX) return value;
        weight *= RADIX;
      }
    },
    text(length: number): string {
      const taken = text.slice(at, at + length);
      at += taken.length;
      return taken;
    },
  };
}
