import { type Connection, createAPI, fetchV17, type Reader } from "@platformatic/kafka";
import type { OffsetRange } from "../../../domain/cursor.ts";
import { listIn } from "./answer.ts";
import { type Aborted, type KafkaRecord, readBatches } from "./batches.ts";
import { failureOf, type KafkaFailure } from "./failure.ts";

export type { KafkaRecord } from "./batches.ts";

export interface FetchPlace {
  /** Kafka's id of the topic. */
  readonly uuid: string;
  readonly partition: number;
  readonly from: number;
  readonly bytesMax: number;
}

export interface FetchWishes {
  /** How long the broker may wait for something new. */
  readonly waitMs: number;
  readonly bytesMax: number;
}

export interface Fetched {
  readonly uuid: string;
  readonly partition: number;
  /** What went wrong with this partition; `undefined`: nothing. */
  readonly failure: KafkaFailure | undefined;
  /** Kafka's number for that; 0: nothing. */
  readonly errorCode: number;
  /** The first offset that is kept. */
  readonly start: number;
  /** Behind the last record that all replicas in sync have and that is part of no open transaction. */
  readonly end: number;
  /** Ascending, from the asked offset on. */
  readonly records: readonly KafkaRecord[];
  /** Where to read on: behind the last record given, holes included. */
  readonly next: number;
  readonly damaged: readonly OffsetRange[];
}

const NO_SESSION = -1;
const COMMITTED_ONLY = 1;
const FETCH = 1;
const VERSION = 17;

interface RawPartition {
  readonly uuid: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly end: number;
  readonly start: number;
  readonly aborted: readonly Aborted[];
  readonly bytes: Buffer;
}

interface RawAnswer {
  readonly errorCode: number;
  readonly partitions: readonly RawPartition[];
}

/**
 * The library's request with a reading of our own: one batch that it cannot read, or an error of one partition, is an exception of the whole
 * answer there, and it checks no checksums.
 */
const fetchRaw = createAPI<Parameters<typeof fetchV17.createRequest>, RawAnswer>(
  FETCH,
  VERSION,
  fetchV17.createRequest,
  (_correlation, _key, _version, reader) => rawAnswer(reader),
);

/** One fetch of several partitions that one broker leads. What is wrong with one of them hides nothing of the others. */
export async function fetchOnce(
  connection: Connection,
  places: readonly FetchPlace[],
  { waitMs, bytesMax }: FetchWishes,
): Promise<readonly Fetched[]> {
  const topics = asked(places);
  const answer = await fetchRaw.async(connection, waitMs, 1, bytesMax, COMMITTED_ONLY, 0, NO_SESSION, topics, [], "");
  const { errorCode, partitions } = answer;
  if (errorCode !== 0) throw failureOf(errorCode);
  const froms = new Map(places.map(({ uuid, partition, from }) => [`${uuid}/${partition}`, from]));
  return partitions.map(({ bytes, aborted, ...rest }) => {
    const from = froms.get(`${rest.uuid}/${rest.partition}`) ?? 0;
    const failure = rest.errorCode === 0 ? undefined : failureOf(rest.errorCode);
    return { ...rest, failure, ...readBatches(bytes, { from, end: rest.end, aborted }) };
  });
}

function asked(places: readonly FetchPlace[]): fetchV17.FetchRequestTopic[] {
  const topics = new Map<string, fetchV17.FetchRequestPartition[]>();
  for (const { uuid, partition, from, bytesMax } of places) {
    const partitions = topics.get(uuid) ?? [];
    topics.set(uuid, partitions);
    partitions.push({
      ...{ partition, partitionMaxBytes: bytesMax, fetchOffset: BigInt(from) },
      ...{ currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
    });
  }
  return Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions }));
}

function rawAnswer(reader: Reader): RawAnswer {
  reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt32();
  const topics = listIn(reader, (topic) => {
    const uuid = topic.readUUID();
    return listIn(topic, (partition) => rawPartition(partition, uuid));
  });
  return { errorCode, partitions: topics.flat() };
}

function rawPartition(reader: Reader, uuid: string): RawPartition {
  const [partition, errorCode] = [reader.readInt32(), reader.readInt16()];
  reader.readInt64();
  const [end, start] = [Number(reader.readInt64()), Number(reader.readInt64())];
  const aborted = listIn(reader, (each) => ({ producerId: each.readInt64(), firstOffset: each.readInt64() }));
  reader.readInt32();
  const length = Math.max(0, reader.readUnsignedVarInt() - 1);
  const bytes = reader.buffer.slice(reader.position, reader.position + length);
  reader.skip(length);
  return { uuid, partition, errorCode, end, start, aborted, bytes };
}
