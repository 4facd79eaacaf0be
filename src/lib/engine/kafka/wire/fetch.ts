import { type Connection, fetchV17, type RecordsBatch } from "@platformatic/kafka";
import { kafkaFailure } from "./failure.ts";

/** A record as it lies in Kafka. */
export interface KafkaRecord {
  readonly offset: number;
  readonly timeMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: Uint8Array | null, value: Uint8Array | null])[];
}

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
  /** Kafka's number for what went wrong with this partition; 0: nothing. */
  readonly errorCode: number;
  /** The first offset that is kept. */
  readonly start: number;
  /** Behind the last record that all replicas in sync have. */
  readonly end: number;
  /** Ascending, from the asked offset on. */
  readonly records: readonly KafkaRecord[];
  /** Where to read on: behind the last record given, holes included. */
  readonly next: number;
}

const TIMESTAMP_IS_APPEND_TIME = 1 << 3;
const IS_CONTROL = 1 << 5;
const NO_SESSION = -1;

/** One fetch of several partitions that one broker leads. What is wrong with one of them hides nothing of the others. */
export async function fetchOnce(
  connection: Connection,
  places: readonly FetchPlace[],
  { waitMs, bytesMax }: FetchWishes,
): Promise<readonly Fetched[]> {
  const response = await request(connection, places, { waitMs, bytesMax });
  const froms = new Map(places.map(({ uuid, partition, from }) => [`${uuid}/${partition}`, from]));
  return response.responses.flatMap(({ topicId: uuid, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode, highWatermark, logStartOffset, records = [] }) => {
      const from = froms.get(`${uuid}/${partition}`) ?? 0;
      const [start, end] = [Number(logStartOffset), Number(highWatermark)];
      return { uuid, partition, errorCode, start, end, ...recordsOf(records, from) };
    }),
  );
}

async function request(
  connection: Connection,
  places: readonly FetchPlace[],
  { waitMs, bytesMax }: FetchWishes,
): Promise<fetchV17.FetchResponse> {
  const topics = new Map<string, FetchPlace[]>();
  for (const place of places) topics.set(place.uuid, [...(topics.get(place.uuid) ?? []), place]);
  const asked = Array.from(topics, ([topicId, each]) => ({
    topicId,
    partitions: each.map(({ partition, from, bytesMax: partitionMaxBytes }) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(from),
      lastFetchedEpoch: -1,
      partitionMaxBytes,
    })),
  }));
  try {
    return await fetchV17.api.async(connection, waitMs, 1, bytesMax, 0, 0, NO_SESSION, asked, [], "");
  } catch (error) {
    const failure = kafkaFailure(error);
    if (isAnswer(failure.response)) return failure.response;
    throw failure;
  }
}

/** An error of the whole request has no partitions. */
function isAnswer(value: unknown): value is fetchV17.FetchResponse {
  if (typeof value !== "object" || value === null) return false;
  const responses = Reflect.get(value, "responses");
  return Array.isArray(responses) && responses.length > 0;
}

function recordsOf(batches: readonly RecordsBatch[], from: number): Pick<Fetched, "records" | "next"> {
  const records: KafkaRecord[] = [];
  let next = from;
  for (const { firstOffset, lastOffsetDelta, attributes, firstTimestamp, maxTimestamp, records: inBatch } of batches) {
    const base = Number(firstOffset);
    next = Math.max(next, base + lastOffsetDelta + 1);
    // Markers of transactions: there is nothing to deliver.
    if ((attributes & IS_CONTROL) !== 0) continue;
    const isAppendTime = (attributes & TIMESTAMP_IS_APPEND_TIME) !== 0;
    for (const { offsetDelta, timestampDelta, key, value, headers } of inBatch) {
      const offset = base + offsetDelta;
      // A batch is given whole: it may begin before what was asked for.
      if (offset < from) continue;
      const timeMs = Number(isAppendTime ? maxTimestamp : firstTimestamp + timestampDelta);
      records.push({ offset, timeMs, key, value, headers });
    }
  }
  return { records, next };
}
