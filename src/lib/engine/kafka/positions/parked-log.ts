import { createHash } from "node:crypto";
import type { Report } from "../../../domain/report.ts";
import type { ParkedEntry, Source } from "../../port.ts";
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

/** Parked entries, and the epochs of owners: the compacted topic of both. `parked-fold.ts` has the rules. */
export interface ParkedLog {
  /** For whoever has the fence. `confirm` fails once that is another's; then nothing of this counts. */
  take(resource: string, confirm: () => Promise<void>): Promise<Taken>;
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

/** In one call to the producer, so that a large subscription leaves room for others. */
const RECORDS_MAX = 2_000;
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
  const partitionOf = (resource: string) => createHash("sha256").update(resource).digest().readUInt32BE() % partitions;

  async function write(resource: string, records: readonly NewRecord[]): Promise<readonly Produced[]> {
    const produced: Produced[] = [];
    for (let at = 0; at < records.length; at += RECORDS_MAX) {
      const some = records.slice(at, at + RECORDS_MAX);
      produced.push(...(await producing.produce({ topic, partition: partitionOf(resource) }, some)));
    }
    return produced;
  }

  async function read(resource: string): Promise<ParkedFold> {
    const fold = await reading.read(partitionOf(resource), resource);
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

  async function put(resource: string, epoch: number, entries: readonly ParkedEntry[]): Promise<void> {
    const recordOf = (entry: ParkedEntry): NewRecord => ({
      key: encodeKey({ kind: "parked", resource, epoch, source: entry.source }),
      value: encodeEntry(entry),
    });
    await write(resource, entries.map(recordOf));
  }

  return {
    put,
    async take(resource, confirm) {
      const [claim] = await write(resource, [noteOf({ kind: "claim", resource })]);
      const epoch = (claim?.offset ?? 0) + 1;
      const fold = await read(resource);
      const before = fold.activeEpoch();
      const entries = before === undefined ? [] : fold.entries(before);
      await write(resource, before === undefined ? [] : fold.copies(before, epoch));
      await confirm();
      await write(resource, [noteOf({ kind: "active", resource, epoch })]);
      const left = fold.keys().filter((key) => key.kind !== "claim" && key.epoch !== epoch);
      return { epoch, entries, tidy: async () => void (await write(resource, left.map(removal))) };
    },
    async load(resource, epoch) {
      return (await read(resource)).entries(epoch);
    },
    async remove(resource, epoch, sources) {
      await write(
        resource,
        sources.map((source) => removal({ kind: "parked", resource, epoch, source })),
      );
    },
    async forget(resource) {
      await write(resource, (await read(resource)).keys().map(removal));
    },
  };
}

/** A record without a value would be a removal. */
const NOTE = new TextEncoder().encode("{}");
