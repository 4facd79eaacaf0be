import { KBrokerError } from "../../../domain/error.ts";
import type { Attribute } from "../../../domain/message.ts";
import type { ScheduledMessage } from "../../port.ts";

/*
 * A scheduled message as the state keeps it, little endian: length of the head u32 · head, JSON · payload. Topic and due time are in
 * its key.
 */
const LENGTH_BYTES = 4;

interface Head {
  readonly topic: string;
  readonly id: string;
  readonly key?: string;
  readonly attributes: readonly Attribute[];
  readonly scheduledAtMs: number;
}

export function encodeScheduled({ topic, message, scheduledAtMs }: ScheduledMessage): Buffer {
  const { payload, ...named } = message;
  const head: Head = { topic, ...named, scheduledAtMs };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, payload]);
}

export function decodeScheduled(bytes: Uint8Array, place: { topicId: string; dueMs: number }): ScheduledMessage {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = LENGTH_BYTES + record.readUInt32LE();
  const { topic, scheduledAtMs, ...named } = headOf(record.toString("utf8", LENGTH_BYTES, headEnd));
  const message = { ...named, payload: record.subarray(headEnd) };
  return { ...place, topic, message, scheduledAtMs };
}

function headOf(text: string): Head {
  const head: unknown = JSON.parse(text);
  if (isHead(head)) return head;
  throw new KBrokerError("data_unreadable", "A scheduled message has a form that this version does not know.", {
    hint: "Run the version of kbroker that wrote it, or a newer one.",
  });
}

function isHead(value: unknown): value is Head {
  return (
    typeof value === "object" &&
    value !== null &&
    "topic" in value &&
    typeof value.topic === "string" &&
    "id" in value &&
    typeof value.id === "string" &&
    "attributes" in value &&
    Array.isArray(value.attributes) &&
    "scheduledAtMs" in value &&
    typeof value.scheduledAtMs === "number"
  );
}
