import { type Connection, createAPI, ProduceAcks, type Reader, Writer } from "@platformatic/kafka";
import type { KBrokerError } from "../../../domain/error.ts";
import { listIn } from "../wire/answer.ts";
import { byteWriter } from "../wire/byte-writer.ts";
import { failureOf } from "../wire/failure.ts";
import { encodeBatch } from "./encode.ts";
import type { Item, Lane } from "./lane.ts";

export interface Batch {
  readonly lane: Lane;
  readonly items: readonly Item[];
}

/** What became of one batch of a request. */
export type Sent =
  | { readonly kind: "written"; readonly offset: number; readonly appendTimeMs: number | null }
  /** `records`: the positions in the batch of those that are to blame; empty: all of it. */
  | { readonly kind: "failed"; readonly failure: KBrokerError; readonly records: readonly number[] };

const PRODUCE = 0;
const VERSION = 11;
/** How long a leader may wait for the other replicas. */
const REPLICAS_MS = 5_000;
const NO_APPEND_TIME = -1;
const UNKNOWN_SERVER_ERROR = -1;
/** Of a request and of a partition in it, apart from names and batches. */
const OVERHEAD_BYTES = 32;

interface Answer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly message: string | null;
  readonly offset: number;
  readonly appendTimeMs: number;
  readonly records: readonly number[];
}

/**
 * Encoded and read by ourselves: the library reads the answers of a leader that has moved wrong, and keeps errors of partitions apart from
 * what the others gave.
 */
const produce = createAPI<[readonly Batch[]], readonly Answer[]>(
  PRODUCE,
  VERSION,
  (batches: readonly Batch[]) => Writer.create().append(request(batches)),
  (_correlation, _key, _version, reader) => listIn(reader, readTopic).flat(),
);

/** Writes batches of partitions that one broker leads. Answers for each of them, in the same order; throws where there was no answer. */
export async function sendBatches(connection: Connection, batches: readonly Batch[]): Promise<readonly Sent[]> {
  const answers = new Map<string, Answer>();
  for (const answer of await produce.async(connection, batches)) answers.set(placeOf(answer), answer);
  return batches.map(({ lane }) => sentOf(answers.get(placeOf(lane)), lane));
}

function sentOf(answer: Answer | undefined, { topic }: Lane): Sent {
  const errorCode = answer?.errorCode ?? UNKNOWN_SERVER_ERROR;
  if (answer === undefined || errorCode !== 0)
    return {
      kind: "failed",
      failure: failureOf(errorCode, answer?.message ?? null, `topic "${topic}"`),
      records: answer?.records ?? [],
    };
  const { offset, appendTimeMs } = answer;
  return { kind: "written", offset, appendTimeMs: appendTimeMs === NO_APPEND_TIME ? null : appendTimeMs };
}

function request(batches: readonly Batch[]): Buffer {
  const topics = new Map<string, { readonly partition: number; readonly bytes: Buffer }[]>();
  let bytesMax = OVERHEAD_BYTES;
  for (const { lane, items } of batches) {
    const bytes = encodeBatch(items);
    const partitions = topics.get(lane.topic) ?? [];
    topics.set(lane.topic, partitions);
    partitions.push({ partition: lane.partition, bytes });
    bytesMax += OVERHEAD_BYTES + 3 * lane.topic.length + bytes.length;
  }
  const writer = byteWriter(Buffer.allocUnsafe(bytesMax));
  // No transaction.
  writer.unsigned(0);
  writer.int16(ProduceAcks.ALL);
  writer.int32(REPLICAS_MS);
  writer.unsigned(topics.size + 1);
  for (const [topic, partitions] of topics) {
    const name = Buffer.from(topic);
    writer.unsigned(name.length + 1);
    writer.raw(name);
    writer.unsigned(partitions.length + 1);
    for (const { partition, bytes } of partitions) {
      writer.int32(partition);
      writer.unsigned(bytes.length + 1);
      writer.raw(bytes);
      writer.unsigned(0);
    }
    writer.unsigned(0);
  }
  writer.unsigned(0);
  return writer.written();
}

function readTopic(reader: Reader): readonly Answer[] {
  const topic = reader.readString();
  return listIn(reader, (each) => readPartition(each, topic));
}

function readPartition(reader: Reader, topic: string): Answer {
  const [partition, errorCode] = [reader.readInt32(), reader.readInt16()];
  const [offset, appendTimeMs] = [Number(reader.readInt64()), Number(reader.readInt64())];
  reader.readInt64();
  const records = listIn(reader, (each) => {
    const index = each.readInt32();
    each.readNullableString();
    return index;
  });
  return { topic, partition, errorCode, offset, appendTimeMs, records, message: reader.readNullableString() ?? null };
}

function placeOf({ topic, partition }: Pick<Lane, "topic" | "partition">): string {
  return `${partition}/${topic}`;
}
