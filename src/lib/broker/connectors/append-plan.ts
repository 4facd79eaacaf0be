import type { Message } from "../../domain/message.ts";
import type { Appended, ReadLimits } from "../../engine/port.ts";

/** In order, each within the limits; the first message of a page fits whatever its size. */
export function pagesOf(
  messages: readonly Message[],
  { countMax, bytesMax }: ReadLimits,
): readonly (readonly Message[])[] {
  const pages: Message[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const page = pages.at(-1);
    bytes += message.payload.length;
    if (page !== undefined && page.length < countMax && bytes <= bytesMax) page.push(message);
    else {
      pages.push([message]);
      bytes = message.payload.length;
    }
  }
  return pages;
}

/**
 * Where an id stood for other bytes, and whatever of the same key came behind it: that is in the topic already, before the one that is
 * missing, and has to come once more so that each key ends as its row does. A message without a key concerns every key.
 */
export function toRepeat(messages: readonly Message[], appended: readonly Appended[]): ReadonlySet<number> {
  const repeated = new Set<number>();
  const keys = new Set<string>();
  let isEveryKey = false;
  for (const [index, { key }] of messages.entries()) {
    const isBehind = isEveryKey || (key === undefined ? keys.size > 0 : keys.has(key));
    if (appended[index]?.kind !== "conflict" && !isBehind) continue;
    repeated.add(index);
    if (key === undefined) isEveryKey = true;
    else keys.add(key);
  }
  return repeated;
}

const DIGITS = 8;

/** The message under an id of its own, which is the same each time. */
export async function varied(message: Message): Promise<Message> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(message.payload)));
  const hex = Array.from(digest.subarray(0, DIGITS / 2), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { ...message, id: `${message.id}-${hex}` };
}
