import { createHash } from "node:crypto";
import { atMost } from "../../../domain/at-most.ts";
import type { Report } from "../../../domain/report.ts";
import type { ParkedEntry, Source } from "../../port.ts";
import type { Lasting } from "../owners/lasting.ts";
import type { NewRecord, Produced, Producing } from "../producing.ts";
import { createKafkaTopic, ledTopic } from "../wire/topics.ts";
import type { Wire } from "../wire/wire.ts";
import type { ParkedFold } from "./parked-fold.ts";
import { encodeEntry, encodeKey, type ParkedKey } from "./parked-keys.ts";
import { type ParkedReading, parkedReading } from "./parked-reading.ts";

/** An epoch that counts, and what waits under it. */
export interface Taken {
  readonly epoch: number;
  readonly entries: readonly ParkedEntry[];
  /** Removes what former owners left. Nothing depends on it; what is not removed, the next owner removes. */
  tidy(): Promise<void>;
}

/** Of whoever has the fence. */
export interface Taking {
  /** Fails once the fence is another's; then nothing of the taking counts. */
  readonly confirm: () => Promise<void>;
  /** What each step is made with. */
  readonly last: Lasting;
}

/** Parked entries, and the epochs of owners: the compacted topic of both. `parked-fold.ts` has the rules. */
export interface ParkedLog {
  /** However much waits there and however slow Kafka is: what was copied is not copied again, as long as the fence holds. */
  take(resource: string, taking: Taking): Promise<Taken>;
  /** Every entry of the epoch. */
  load(resource: string, epoch: number): Promise<readonly ParkedEntry[]>;
  /** Durable when it resolves. It counts where the owner is found to be the owner afterwards. */
  put(resource: string, epoch: number, entries: readonly ParkedEntry[]): Promise<void>;
  /** The same for a removal. */
  remove(resource: string, epoch: number, sources: readonly Source[]): Promise<void>;
  /** Nothing of it is left. */
  forget(resource: string): Promise<void>;
}

export interface ParkedLogOptions {
  readonly wire: Wire;
  readonly producing: Pick<Producing, "produce">;
  readonly topic: string;
  /** Of a topic that is not there yet. They never change: what a resource has is found by their number. */
  readonly partitions: number;
  readonly report: Report;
}

/** In one call to the producer, so that a large subscription leaves room for others, and the loop to everything else. */
const RECORDS_MAX = 2_000;
/** Resources whose entries are copied at one time, and whose old ones are removed: more would only wait for one another. */
const COPIED_MAX = 2;
const TIDIED_MAX = 1;
const HOUR_MS = 3_600_000;
const CONFIGS = {
  "cleanup.policy": "compact",
  "compression.type": "producer",
  // Small segments that end soon: only those that have ended are compacted.
  "segment.bytes": String(32 << 20),
  "segment.ms": String(6 * HOUR_MS),
  "min.cleanable.dirty.ratio": "0.2",
  // A removal is seen by whoever takes less than that for reading the partition.
  "delete.retention.ms": String(24 * HOUR_MS),
};

export async function openParkedLog(options: ParkedLogOptions): Promise<ParkedLog> {
  const { wire, producing, topic, partitions, report } = options;
  await createKafkaTopic(wire, { name: topic, partitions, configs: CONFIGS });
  const { leaders } = await ledTopic(wire, topic);
  const reading = parkedReading(wire, topic);
  return createParkedLog({ producing, reading, topic, partitions: leaders.length, report });
}

export interface ParkedLogParts extends Pick<ParkedLogOptions, "producing" | "topic" | "report"> {
  readonly reading: ParkedReading;
  /** That the topic has. */
  readonly partitions: number;
}

export function createParkedLog({ producing, reading, topic, partitions, report }: ParkedLogParts): ParkedLog {
  const copying = atMost(COPIED_MAX);
  const tidying = atMost(TIDIED_MAX);
  const partitionOf = (resource: string) => createHash("sha256").update(resource).digest().readUInt32BE() % partitions;

  const writeOnce = (resource: string, records: readonly NewRecord[]): Promise<readonly Produced[]> =>
    producing.produce({ topic, partition: partitionOf(resource) }, records);

  async function write(resource: string, records: Iterable<NewRecord>): Promise<void> {
    for (const page of pagesOf(records)) await writeOnce(resource, page);
  }

  async function read(resource: string, last?: Lasting): Promise<ParkedFold> {
    const fold = await reading.read(partitionOf(resource), resource, last);
    const strange = fold.strange();
    if (strange.length > 0) {
      const fields = { resource, topic, partition: partitionOf(resource), offsets: strange.slice(0, 10) };
      report(
        "error",
        "Parked entries have a form that this version does not know; they wait for one that does.",
        fields,
      );
    }
    return fold;
  }

  const removal = (key: ParkedKey): NewRecord => ({ key: encodeKey(key), value: null });
  const noteOf = (key: ParkedKey): NewRecord => ({ key: encodeKey(key), value: NOTE });

  /** Of all that is of another epoch. */
  function* removals(fold: ParkedFold, epoch: number): Iterable<NewRecord> {
    for (const key of fold.keys()) if (key.kind !== "claim" && key.epoch !== epoch) yield removal(key);
  }

  async function put(resource: string, epoch: number, entries: readonly ParkedEntry[]): Promise<void> {
    const recordOf = (entry: ParkedEntry): NewRecord => ({
      key: encodeKey({ kind: "parked", resource, epoch, source: entry.source }),
      value: encodeEntry(entry),
    });
    await write(resource, each(entries, recordOf));
  }

  return {
    put,
    async take(resource, { confirm, last }) {
      const [claim] = await writeOnce(resource, [noteOf({ kind: "claim", resource })]);
      const epoch = (claim?.offset ?? 0) + 1;
      const fold = await read(resource, last);
      const before = fold.activeEpoch();
      /** Whoever was taken over from meanwhile writes no more than a page. */
      const writeConfirmed = (page: readonly NewRecord[]) =>
        last(async () => {
          await confirm();
          await writeOnce(resource, page);
        });
      if (before !== undefined && fold.has(before))
        await copying(async () => {
          for (const page of pagesOf(fold.copies(before, epoch))) await writeConfirmed(page);
        });
      await writeConfirmed([noteOf({ kind: "active", resource, epoch })]);
      const entries = before === undefined ? [] : fold.entries(before);
      return { epoch, entries, tidy: () => tidying(() => write(resource, removals(fold, epoch))) };
    },
    async load(resource, epoch) {
      return (await read(resource)).entries(epoch);
    },
    async remove(resource, epoch, sources) {
      const removalOf = (source: Source) => removal({ kind: "parked", resource, epoch, source });
      await write(resource, each(sources, removalOf));
    },
    async forget(resource) {
      await write(resource, each((await read(resource)).keys(), removal));
    },
  };
}

/** Makes no more of them at a time than are written: a hundred thousand keys made in advance take more memory than what they are for. */
function* pagesOf(records: Iterable<NewRecord>): Iterable<readonly NewRecord[]> {
  let page: NewRecord[] = [];
  for (const record of records) {
    page.push(record);
    if (page.length < RECORDS_MAX) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function* each<T, R>(items: Iterable<T>, made: (item: T) => R): Iterable<R> {
  for (const item of items) yield made(item);
}

/** A record without a value would be a removal. */
const NOTE = new TextEncoder().encode("{}");
