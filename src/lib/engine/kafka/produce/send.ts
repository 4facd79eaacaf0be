import { type Connection, type MessageRecord, ProduceAcks, ProtocolError, produceV11 } from "@platformatic/kafka";
import type { KBrokerError } from "../../../domain/error.ts";
import { KafkaFailure, kafkaFailure } from "../wire/failure.ts";
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

/** How long a leader may wait for the other replicas. */
const REPLICAS_MS = 5_000;
const NO_APPEND_TIME = -1n;

/** Writes batches of partitions that one broker leads. Answers for each of them, in the same order; throws where there was no answer. */
export async function sendBatches(connection: Connection, batches: readonly Batch[]): Promise<readonly Sent[]> {
  const records = batches.flatMap(({ lane, items }) => items.map((item) => recordOf(lane, item)));
  const { responses } = await request(connection, records);
  const answers = new Map<string, produceV11.ProduceResponsePartition>();
  for (const { name, partitionResponses } of responses)
    for (const partition of partitionResponses) answers.set(`${partition.index}/${name}`, partition);
  return batches.map(({ lane }) => sentOf(answers.get(`${lane.partition}/${lane.topic}`)));
}

async function request(connection: Connection, records: MessageRecord[]): Promise<produceV11.ProduceResponse> {
  try {
    const answer = await produceV11.api.async(connection, ProduceAcks.ALL, REPLICAS_MS, records);
    if (typeof answer !== "boolean") return answer;
    throw new Error("Kafka did not answer what it wrote.");
  } catch (error) {
    const failure = kafkaFailure(error);
    if (isAnswer(failure.response)) return failure.response;
    throw failure;
  }
}

function sentOf(answer: produceV11.ProduceResponsePartition | undefined): Sent {
  if (answer === undefined) return { kind: "failed", failure: failureOf(-1, null), records: [] };
  const { errorCode, errorMessage, baseOffset, logAppendTimeMs, recordErrors } = answer;
  if (errorCode !== 0) {
    const records = recordErrors.map(({ batchIndex }) => batchIndex);
    return { kind: "failed", failure: failureOf(errorCode, errorMessage ?? null), records };
  }
  const appendTimeMs = logAppendTimeMs === NO_APPEND_TIME ? null : Number(logAppendTimeMs);
  return { kind: "written", offset: Number(baseOffset), appendTimeMs };
}

function failureOf(errorCode: number, message: string | null): KafkaFailure {
  return new KafkaFailure(new ProtocolError(errorCode, message));
}

function recordOf({ topic, partition }: Lane, { record, call }: Item): MessageRecord {
  const { key, value, headers } = record;
  // The library writes null where there is no value, although its type does not know that.
  const written = { value: value === null ? null : bytes(value) } as { value: Buffer };
  const message: MessageRecord = { topic, partition, timestamp: BigInt(call.nowMs), ...written };
  if (key !== null) message.key = bytes(typeof key === "function" ? key() : key);
  if (headers !== undefined)
    message.headers = new Map(headers.map(([name, text]) => [Buffer.from(name), Buffer.from(text)]));
  return message;
}

function bytes(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function isAnswer(value: unknown): value is produceV11.ProduceResponse {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(Reflect.get(value, "responses"));
}
