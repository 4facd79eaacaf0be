import { deleteRecordsV2 } from "@platformatic/kafka";
import { CODES, KBrokerError } from "../../domain/error.ts";
import { keepNewest } from "../../domain/keep-newest.ts";
import type { Message } from "../../domain/message.ts";
import {
  type Appended,
  AppendFailure,
  type Layouts,
  type Log,
  type ReadLimits,
  type ReadResult,
  type Shard,
} from "../port.ts";
import { createDedupe } from "./dedupe.ts";
import { joined, limitsAfter } from "./fetch/chunk.ts";
import { createDirectRead } from "./fetch/direct.ts";
import { createOffsets, type Offsets } from "./fetch/offsets.ts";
import { createTailCache } from "./fetch/tail-cache.ts";
import { createTails, shardKey } from "./fetch/tails.ts";
import type { OwnDocuments } from "./fold/own-documents.ts";
import { createLayouts } from "./layouts.ts";
import { partitionOf } from "./partitioner.ts";
import { type NewRecord, PRODUCE_DEADLINE_MS, type ProducePlace, type Producing } from "./producing.ts";
import { encodeMessage } from "./records.ts";
import { createTopics } from "./topics.ts";
import { createDeadlines } from "./wire/deadlines.ts";
import type { KafkaTopic } from "./wire/metadata.ts";
import { CALL_DEADLINE_MS, type Wire } from "./wire/wire.ts";

export interface KafkaLogOptions {
  readonly wire: Wire;
  readonly producing: Producing;
  readonly documents: OwnDocuments;
  /** Of a new topic. */
  readonly partitions: number;
  /** Before the names of Kafka's topics; "" but for tests that share a cluster. */
  readonly topicPrefix: string;
}

export interface KafkaLog extends Log {
  readonly layouts: Layouts;
  /** Caller-given ids that this node remembers. */
  rememberedIds(): number;
  /** Lets go of whoever waits. */
  close(): void;
}

/** Shards of which it is remembered how far this node wrote. */
const WRITTEN_MAX = 100_000;

type Stored = Extract<Appended, { readonly kind: "appended" }>;
type Outcome = Stored | KBrokerError;

/** A topic is a Kafka topic, a shard a partition of it. */
export function createKafkaLog({ wire, producing, documents, partitions, topicPrefix }: KafkaLogOptions): KafkaLog {
  const isUnused = async (topic: KafkaTopic) => isEmpty(topic, createOffsets(wire, { ofShard: async () => topic }));
  const topics = createTopics({ wire, documents, partitions, topicPrefix, isUnused });
  const offsets = createOffsets(wire, topics);
  const cache = createTailCache();
  const tails = createTails({ wire, topics, offsets, cache });
  const direct = createDirectRead({ wire, topics, offsets });
  const dedupe = createDedupe(wire.clock);
  const deadlines = createDeadlines(wire.clock);
  /** Behind the last record of each shard that this node wrote: whoever published here reads it here at once. */
  const written = new Map<string, number>();

  interface Storing {
    readonly windowOf: (record: Message) => number | undefined;
    readonly untilMs: number;
  }

  async function store(
    topicId: string,
    records: readonly Message[],
    { windowOf, untilMs }: Storing,
  ): Promise<readonly Outcome[]> {
    const { name, leaders } = await topics.fresh(topicId);
    // Whoever called has been told by then that it was not stored.
    deadlines.check(untilMs);
    const storeIn = (index: number, some: readonly NewRecord[]) =>
      write(topicId, { topic: name, partition: index, untilMs }, some);
    const encoded = (message: Message) => {
      const record = encodeMessage(message, windowOf(message));
      return { record, partition: partitionOf(message.id, record.key, leaders.length) };
    };
    const [first] = records;
    // As publishers send them, and often enough to be worth a shorter way.
    if (first !== undefined && records.length === 1) {
      const { record, partition } = encoded(first);
      return storeIn(partition, [record]);
    }
    const byPartition = new Map<number, { readonly positions: number[]; readonly records: NewRecord[] }>();
    for (const [position, message] of records.entries()) {
      const { record, partition } = encoded(message);
      const batch = byPartition.get(partition) ?? { positions: [], records: [] };
      byPartition.set(partition, batch);
      batch.positions.push(position);
      batch.records.push(record);
    }
    const outcomes: Outcome[] = [];
    const writes = Array.from(byPartition, async ([index, batch]) => {
      const each = await storeIn(index, batch.records);
      for (const [at, one] of each.entries()) outcomes[batch.positions[at] ?? 0] = one;
    });
    await Promise.all(writes);
    return outcomes;
  }

  /** A failure of one partition is told of its records: what the others took is known. */
  async function write(
    topicId: string,
    place: ProducePlace,
    records: readonly NewRecord[],
  ): Promise<readonly Outcome[]> {
    const shard = { topicId, index: place.partition };
    const produced = await producing.produceEach(place, records).catch((error: unknown) => {
      if (!(error instanceof KBrokerError)) throw error;
      return records.map(() => error);
    });
    const key = shardKey(shard);
    let end = written.get(key) ?? 0;
    const outcomes = produced.map((each): Outcome => {
      if (each instanceof KBrokerError) return each;
      end = Math.max(end, each.offset + 1);
      return { kind: "appended", shard, offset: each.offset, timeMs: each.timeMs };
    });
    keepNewest(written, [key, end], WRITTEN_MAX);
    return outcomes;
  }

  async function read(shard: Shard, from: number, limits: ReadLimits): Promise<ReadResult> {
    await topics.ofShard(shard);
    const key = shardKey(shard);
    const newest = tails.used(key);
    const end = written.get(key) ?? 0;
    if (newest !== undefined && from < end) await tails.reaches(key, end);
    const found = cache.read(key, from, limits);
    if (found === undefined) return direct(shard, from, limits);
    const left = limitsAfter(limits, found);
    if (left === undefined || found.next >= end || (tails.used(key) ?? 0) > found.next) return found;
    return joined(found, await direct(shard, found.next, left));
  }

  async function bounds(shard: Shard) {
    const [start, end] = await Promise.all([offsets.start(shard), offsets.end(shard)]);
    // A trim may fall between the two.
    return { start: Math.min(start, end), end };
  }

  return {
    layouts: createLayouts({ wire, documents, topics, topicPrefix }),
    rememberedIds: dedupe.size,
    close: tails.close,
    createTopic: (topicId, { name = topicId } = {}) => topics.create(topicId, name),
    async deleteTopic(topicId) {
      await topics.remove(topicId);
      dedupe.forget(topicId);
      for (const key of written.keys()) if (key.endsWith(`/${topicId}`)) written.delete(key);
    },
    async shards(topicId) {
      const { leaders } = await topics.fresh(topicId);
      return leaders.map((_, index) => ({ topicId, index }));
    },
    async append(topicId, records, options = {}) {
      const { dedupeWindowMs: windowMs = 0, deduped = () => true } = options;
      const windowOf = (record: Message) => (windowMs > 0 && deduped(record) ? windowMs : undefined);
      // From here on, whatever it has to wait for: its topic, another append of the same ids, the write.
      const untilMs = wire.clock.monotonic() + PRODUCE_DEADLINE_MS;
      const storing = { windowOf, untilMs };
      if (windowMs === 0) return wholly(await deadlines.within(untilMs, store(topicId, records, storing)));
      const storeThem = (fresh: readonly Message[]) => store(topicId, fresh, storing);
      const appending = topics.find(topicId).then(() => dedupe.append(topicId, records, options, storeThem));
      return wholly(await deadlines.within(untilMs, appending));
    },
    read,
    changed: tails.changed,
    bounds,
    async offsetAt(shard, timeMs) {
      return (await offsets.at(shard, timeMs)) ?? offsets.end(shard);
    },
    async trim(shard, before) {
      const { start, end } = await bounds(shard);
      const to = Math.min(before, end);
      if (to <= start) return;
      const { name } = await topics.ofShard(shard);
      const partitions = [{ partitionIndex: shard.index, offset: BigInt(to) }];
      await wire.call({ leader: { topic: name, partition: shard.index } }, (connection) =>
        deleteRecordsV2.api.async(connection, [{ name, partitions }], CALL_DEADLINE_MS),
      );
      cache.trim(shardKey(shard), to);
    },
  };
}

/** What may pass weighs more than a fault, and that more than a refusal, as their statuses do. */
function wholly(outcomes: readonly (Appended | KBrokerError)[]): readonly Appended[] {
  const appended: Appended[] = [];
  let failure: KBrokerError | undefined;
  for (const each of outcomes) {
    if (!(each instanceof KBrokerError)) appended.push(each);
    else if (failure === undefined || CODES[each.code].status > CODES[failure.code].status) failure = each;
  }
  if (failure !== undefined) throw new AppendFailure(failure, outcomes);
  return appended;
}

async function isEmpty({ name, leaders }: KafkaTopic, offsets: Offsets): Promise<boolean> {
  const ends = await Promise.all(leaders.map((_, index) => offsets.end({ topicId: name, index })));
  return ends.every((end) => end === 0);
}
