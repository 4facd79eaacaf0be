import type { Clock } from "../../../domain/clock.ts";
import type { Message, StoredMessage } from "../../../domain/message.ts";
import type { FailStop } from "../fault.ts";
import type { EmbeddedLimits } from "../limits.ts";
import { type TopicLog, wakeWaiters } from "../topic-log.ts";
import type { EncodedBatch, EncodedCall } from "./batch.ts";
import { type CommitQueue, createCommitQueue } from "./commit-queue.ts";
import { createOpenFiles, type OpenFiles } from "./open-files.ts";
import { createPositionsCache } from "./positions.ts";
import { createDiskReader, type DiskReader } from "./reader.ts";
import type { JournalPosition, Recovered } from "./recover.ts";
import { addToRun, type OpenRuns, type Run } from "./run.ts";
import type { JournalFolder, Segment } from "./segment.ts";
import { createTailMemory } from "./tail.ts";
import { createJournalWriter } from "./writer.ts";

/** The log of all topics: written by one queue, read from memory or from disk. */
export interface Journal {
  readonly push: CommitQueue["push"];
  readonly disk: DiskReader;
  readonly segments: Map<number, Segment>;
  readonly openFiles: OpenFiles;
  /** What is durable and shown to the readers. */
  through(): JournalPosition;
  /** Topics with records that the state has not noted yet; asking takes them. */
  takeChanged(): Set<TopicLog>;
  /** Of all segments. */
  storedBytes(): number;
  /** Resolves when nothing waits to be written. */
  readonly drained: CommitQueue["drained"];
  close(): Promise<void>;
}

export interface JournalOptions {
  readonly folder: JournalFolder;
  readonly recovered: Recovered;
  readonly topics: ReadonlyMap<string, TopicLog>;
  readonly clock: Clock;
  readonly failStop: FailStop;
  readonly limits: EmbeddedLimits;
}

export function createJournal({ folder, recovered, topics, clock, failStop, limits }: JournalOptions): Journal {
  const segments = new Map(recovered.segments.map((segment) => [segment.number, segment]));
  const openFiles = createOpenFiles(folder.files, limits.openFilesMax);
  const tail = createTailMemory(limits.tailBytesMax);
  let changed = new Set<TopicLog>();

  const writer = createJournalWriter({
    folder,
    active: recovered.active,
    nextBatch: recovered.nextBatch,
    segmentBytesMax: limits.segmentBytesMax,
    zerosAheadBytes: limits.zerosAheadBytes,
    failStop,
    onBegun: (segment) => segments.set(segment.number, segment),
    onIndexed(segment, runs) {
      for (const run of runs.values()) replaceRun(topics.get(run.topicId), segment.runs.get(run.topicId), run);
      segment.runs = runs;
    },
  });
  let through = writer.position();

  /** From the sync to the end of this nothing else runs: whoever looks sees all of a batch or none of it. */
  function publish(batch: EncodedBatch): void {
    through = writer.position();
    const touched = new Set<TopicLog>();
    for (const encoded of batch.calls) {
      show(encoded, batch.place.segment.runs, batch.place.segment.number);
      touched.add(encoded.call.topic);
      changed.add(encoded.call.topic);
    }
    for (const topic of touched) wakeWaiters(topic);
  }

  function show({ call, first, positions }: EncodedCall, runs: OpenRuns, segment: number): void {
    const { topic, messages } = call;
    const { timeMs } = first;
    for (const [index, message] of messages.entries()) {
      const offset = first.offset + index;
      const begun = addToRun({ segment, runs }, { topicId: topic.id, offset, timeMs }, positions[index] ?? 0);
      if (begun !== undefined) topic.runs.push(begun);
      tail.push(topic, stored(message, offset, timeMs));
    }
    topic.end = first.offset + messages.length;
    call.onDurable?.(first);
  }

  const queue = createCommitQueue({ writer, clock, failStop, limits, publish });
  const disk = createDiskReader({
    openFiles,
    positions: createPositionsCache({
      folder,
      bytesMax: limits.positionsBytesMax,
      isKept: ({ number }) => segments.has(number),
    }),
    segmentOf: (run) => segments.get(run.segment),
    readBytesMax: limits.readBytesMax,
    report: folder.report,
  });
  return {
    push: queue.push,
    disk,
    segments,
    openFiles,
    through: () => through,
    takeChanged() {
      const taken = changed;
      changed = new Set();
      return taken;
    },
    storedBytes: () => [...segments.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    drained: queue.drained,
    async close() {
      await writer.close();
      await openFiles.close();
    },
  };
}

function stored({ id, key, attributes, payload }: Message, offset: number, timeMs: number): StoredMessage {
  return key === undefined
    ? { id, attributes, payload, offset, timeMs }
    : { id, key, attributes, payload, offset, timeMs };
}

function replaceRun(topic: TopicLog | undefined, before: Run | undefined, run: Run): void {
  const at = topic === undefined || before === undefined ? -1 : topic.runs.lastIndexOf(before);
  if (topic !== undefined && at !== -1) topic.runs[at] = run;
}
