import type { OffsetRange } from "../../../domain/cursor.ts";
import type { StoredMessage } from "../../../domain/message.ts";
import type { ReadLimits, ReadResult } from "../../port.ts";
import { runIndexAt, type TopicLog, tailStart } from "../topic-log.ts";
import type { DiskReader } from "./reader.ts";
import { runEnd } from "./run.ts";

/** What a read has gathered; it goes on until its limits are reached or the durable end is. */
interface Gathered {
  readonly records: StoredMessage[];
  readonly damaged: OffsetRange[];
  next: number;
  bytes: number;
  full: boolean;
}

/** The records of one topic from `from` on: from memory where they still are, else from disk, and never one that was not acknowledged. */
export async function readTopic(
  topic: TopicLog,
  { from, limits }: { from: number; limits: ReadLimits },
  disk: DiskReader,
): Promise<ReadResult> {
  const gathered: Gathered = { records: [], damaged: [], next: Math.max(from, topic.start), bytes: 0, full: false };
  const { end } = topic;
  while (gathered.next < end && !gathered.full) {
    if (gathered.next >= tailStart(topic)) takeFromMemory(topic, gathered, limits);
    else await takeFromDisk(topic, { gathered, limits, end }, disk);
    if (gathered.next < topic.start) gathered.next = topic.start;
  }
  const { records, damaged, next } = gathered;
  return { records, damaged, next };
}

function takeFromMemory(topic: TopicLog, gathered: Gathered, limits: ReadLimits): void {
  const { tail, tailHead } = topic;
  const first = tailHead + gathered.next - tailStart(topic);
  for (let at = first; at < tail.length && !gathered.full; at += 1) take(gathered, tail[at], limits);
}

async function takeFromDisk(
  topic: TopicLog,
  { gathered, limits, end }: { gathered: Gathered; limits: ReadLimits; end: number },
  disk: DiskReader,
): Promise<void> {
  const at = gathered.next;
  const run = topic.runs[runIndexAt(topic.runs, at)];
  if (run === undefined || run.firstOffset > at) {
    lose(gathered, Math.min(run?.firstOffset ?? tailStart(topic), end));
    return;
  }
  const records = await disk.read(run, at, Math.min(limits.countMax - gathered.records.length, runEnd(run) - at));
  if (topic.start > at) return;
  for (const record of records) {
    if (gathered.full) return;
    take(gathered, record, limits);
  }
}

/** Stops before a record that would go over the limit, unless it is the first. */
function take(gathered: Gathered, record: StoredMessage | undefined, { countMax, bytesMax }: ReadLimits): void {
  if (record === undefined) {
    lose(gathered, gathered.next + 1);
    return;
  }
  const bytes = gathered.bytes + record.payload.length;
  if (gathered.records.length > 0 && bytes > bytesMax) {
    gathered.full = true;
    return;
  }
  gathered.records.push(record);
  gathered.next = record.offset + 1;
  gathered.bytes = bytes;
  gathered.full = gathered.records.length >= countMax || bytes >= bytesMax;
}

function lose(gathered: Gathered, to: number): void {
  const from = gathered.next;
  const last = gathered.damaged.at(-1);
  if (last?.to === from) gathered.damaged[gathered.damaged.length - 1] = { from: last.from, to };
  else gathered.damaged.push({ from, to });
  gathered.next = to;
}
