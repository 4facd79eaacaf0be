import { topicNamed } from "../lookup.ts";
import type { FindMessage, FoundMessage } from "../requests/messages.ts";
import type { Control } from "./control.ts";
import { type Kept, keptShards } from "./kept.ts";
import { parsePosition } from "./messages.ts";
import { parseStartAt, startOffsets } from "./start-at.ts";

/** Offsets that are looked through at once, and what one request may read of them before it answers how far it came. */
const STEP = 1_000;
const SCAN_BYTES_MAX = 16 * 1_048_576;
const READ_BYTES_MAX = 1_048_576;

/**
 * The newest message with an id. There is no index over ids, so this reads backwards from the newest on, a bounded part a call;
 * `before` of the answer is where the next call goes on.
 */
export async function findMessage(control: Control, asked: FindMessage): Promise<FoundMessage> {
  const { topic } = topicNamed(control.view, asked.topic);
  const startAt = parseStartAt(asked.since, control.clock.now(), "Looking cannot start");
  const starts = await startOffsets(control, topic, startAt);
  const kept = (await keptShards(control, topic)).map((one) => {
    const start = starts.find(({ shard }) => shard.index === one.shard.index)?.offset ?? one.start;
    return { ...one, start };
  });
  return search(control, rest(kept, asked.before), asked.id);
}

/** The shards from the highest on, the first of them from `before` down. */
function rest(kept: readonly Kept[], before: string | undefined): readonly Kept[] {
  const down = kept.toReversed();
  if (before === undefined) return down;
  const [index, offset] = parsePosition(before);
  return down
    .filter(({ shard }) => shard.index <= index)
    .map((one) => (one.shard.index === index ? { ...one, end: Math.min(one.end, offset) } : one));
}

async function search(control: Control, shards: readonly Kept[], id: string): Promise<FoundMessage> {
  let bytes = 0;
  let reached: number | null = null;
  for (const { shard, start, end } of shards) {
    for (let before = end; before > start; ) {
      if (bytes >= SCAN_BYTES_MAX) return { found: null, before: `${shard.index}:${before}`, reachedMs: reached };
      const from = Math.max(start, before - STEP);
      const step = await newestIn(control, { shard, start: from, end: before }, id);
      if (step.message !== undefined) {
        return { found: { shard: shard.index, message: step.message }, before: null, reachedMs: reached };
      }
      bytes += step.bytes;
      reached = step.firstMs ?? reached;
      before = from;
    }
  }
  return { found: null, before: null, reachedMs: reached };
}

async function newestIn({ engine }: Control, { shard, start, end }: Kept, id: string) {
  let message: NonNullable<FoundMessage["found"]>["message"] | undefined;
  let firstMs: number | undefined;
  let bytes = 0;
  for (let at = start; at < end; ) {
    const { records, next } = await engine.log.read(shard, at, { countMax: end - at, bytesMax: READ_BYTES_MAX });
    for (const record of records) {
      if (record.id === id && record.offset < end) message = record;
      firstMs ??= record.timeMs;
      bytes += record.payload.length;
    }
    if (next <= at) break;
    at = next;
  }
  return { message, firstMs, bytes };
}
