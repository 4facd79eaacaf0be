import type { OffsetRange } from "../../domain/cursor.ts";
import { KBrokerError } from "../../domain/error.ts";
import { fits } from "../../domain/message-filter.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Source } from "../../engine/port.ts";
import { topicNamed } from "../lookup.ts";
import type { MessageEntry, MessagePage, MessageQuery } from "../requests/messages.ts";
import type { Waits } from "../waits.ts";
import type { Control } from "./control.ts";
import { type Kept, keptShards } from "./kept.ts";
import { newest } from "./newest.ts";
import { parseStartAt, startOffsets } from "./start-at.ts";

/** A page ends here even when its count is not reached: what is listed is held in memory. */
const PAGE_BYTES_MAX = 1_048_576;
/** What one request looks at to find messages that fit a filter; the next one goes on behind it. */
const SCAN_BYTES_MAX = 8 * PAGE_BYTES_MAX;
const SCAN_COUNT_MAX = 10_000;
const READ_COUNT_MAX = 1_000;

/** A part of a topic that is being read. */
interface Range extends Kept {
  readonly from: number;
}

/** What a topic holds from a place on; waits for something new when there is nothing yet and `waitMs` says so. */
export async function readMessages(control: Control, query: MessageQuery, waits: Waits): Promise<MessagePage> {
  const page = await readPage(control, query);
  if (query.waitMs === 0 || !page.atEnd || page.entries.length > 0 || page.damaged.length > 0) return page;
  const { topic } = topicNamed(control.view, query.topic);
  await somethingNew(control, { topic, from: page.next, waitMs: query.waitMs }, waits);
  const { last: _, ...behind } = query;
  return readPage(control, { ...behind, from: page.next });
}

async function readPage(control: Control, query: MessageQuery): Promise<MessagePage> {
  const { topic } = topicNamed(control.view, query.topic);
  const ranges = await rangesFrom(control, topic, query);
  const read = pageReader(control, query);
  const nexts = await read.all(ranges);
  const next = Array.from(nexts, ([shard, offset]) => `${shard}:${offset}`).join(",");
  const atEnd = ranges.every(({ shard, end }) => (nexts.get(shard.index) ?? 0) >= end);
  // Times never go back within a shard: what is sorted by them stays in its shard's order.
  const entries = read.entries.toSorted((a, b) => a.message.timeMs - b.message.timeMs);
  return { entries, damaged: read.damaged, next, atEnd };
}

function pageReader({ engine }: Control, { limit, filter }: MessageQuery) {
  const entries: MessageEntry[] = [];
  const damaged: (OffsetRange & { readonly shard: number })[] = [];
  let [pageBytes, scannedBytes, scanned] = [0, 0, 0];
  const full = () =>
    entries.length >= limit ||
    pageBytes >= PAGE_BYTES_MAX ||
    scannedBytes >= SCAN_BYTES_MAX ||
    scanned >= SCAN_COUNT_MAX;

  /** Where it stopped. Gives each shard its turn: one that has much does not keep the others from being read. */
  async function all(ranges: readonly Range[]): Promise<ReadonlyMap<number, number>> {
    const nexts = new Map(ranges.map(({ shard, from }) => [shard.index, from]));
    for (let left = ranges; left.length > 0 && !full(); ) {
      const share = Math.ceil((filter.length === 0 ? limit - entries.length : READ_COUNT_MAX) / left.length);
      const more: Range[] = [];
      for (const range of left) {
        const from = nexts.get(range.shard.index) ?? range.from;
        const next = full() ? from : await part({ ...range, from }, share);
        nexts.set(range.shard.index, next);
        if (next > from && next < range.end) more.push(range);
      }
      left = more;
    }
    return nexts;
  }

  async function part({ shard, from, end }: Range, countMax: number): Promise<number> {
    if (from >= end) return from;
    const result = await engine.log.read(shard, from, { countMax, bytesMax: PAGE_BYTES_MAX - pageBytes });
    for (const lost of result.damaged) damaged.push({ shard: shard.index, ...lost });
    for (const message of result.records) {
      if (full()) return message.offset;
      scanned += 1;
      scannedBytes += message.payload.length;
      if (!fits(message, filter)) continue;
      entries.push({ shard: shard.index, message });
      pageBytes += message.payload.length;
    }
    return Math.max(from, result.next);
  }

  return { entries, damaged, all };
}

/** Where each shard is read from. What is past its time to live is gone, whatever position names it. */
async function rangesFrom(control: Control, topic: Topic, { from, last }: MessageQuery): Promise<readonly Range[]> {
  const kept = await keptShards(control, topic);
  if (last !== undefined) return newest(control, kept, last);
  const offsets = positionsIn(from) ?? (await timedStart(control, topic, from));
  return kept.map((one) => {
    const offset = offsets.get(one.shard.index) ?? one.start;
    if (offset > one.end) throw beyond(topic, `${one.shard.index}:${offset}`, one.end);
    return { ...one, from: Math.max(one.start, offset) };
  });
}

async function timedStart(control: Control, topic: Topic, from: string): Promise<ReadonlyMap<number, number>> {
  const startAt = parseStartAt(from, control.clock.now(), "Reading cannot start");
  const offsets = await startOffsets(control, topic, startAt);
  return new Map(offsets.map(({ shard, offset }) => [shard.index, offset]));
}

/** `<shard>:<offset>`, several with commas between; `undefined` for what is none of it. */
function positionsIn(text: string): ReadonlyMap<number, number> | undefined {
  if (!/^\d{1,6}:\d{1,15}(,\d{1,6}:\d{1,15})*$/.test(text)) return undefined;
  return new Map(text.split(",").map((position) => parsePosition(position)));
}

export function parsePosition(text: string): readonly [shard: number, offset: number] {
  const [, shard, offset] = /^(\d{1,6}):(\d{1,15})$/.exec(text) ?? [];
  if (shard !== undefined && offset !== undefined) return [Number(shard), Number(offset)];
  throw new KBrokerError("invalid_request", `"${text.slice(0, 100)}" is no position.`, {
    hint: "A position is <shard>:<offset>, as kbroker message tail --json shows it.",
  });
}

/** Offsets of a topic never go back: what is asked for was another topic's, or a typing mistake. */
function beyond({ name }: Topic, position: string, end: number): KBrokerError {
  return new KBrokerError("invalid_request", `"${name}" has no position ${position}: the next message gets ${end}.`, {
    hint: `kbroker message tail ${name}`,
  });
}

interface Sought {
  readonly topic: Topic;
  readonly from: string;
  readonly waitMs: number;
}

/** Resolves when there is something behind `from`, when the time is over, or when the broker stops. */
async function somethingNew({ engine, clock }: Control, { topic, from, waitMs }: Sought, waits: Waits) {
  const { signal, end } = waits.begin();
  const ends = Array.from(
    positionsIn(from) ?? [],
    ([index, offset]): Source => ({ shard: { topicId: topic.id, index }, offset }),
  );
  // One signal each: a topic may have more shards than a signal shall have listeners.
  const stops = ends.map(() => new AbortController());
  const stop = () => {
    for (const each of stops) each.abort();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const changes = ends.map(({ shard, offset }, index) =>
    engine.log.changed(shard, offset, stops[index]?.signal ?? signal),
  );
  try {
    // A topic that is deleted meanwhile ends the wait, too; whoever reads next is told.
    await Promise.race([clock.after(waitMs, signal), ...changes.map((change) => change.catch(() => undefined))]);
  } finally {
    end();
  }
}
