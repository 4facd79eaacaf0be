import { KBrokerError } from "../../../domain/error.ts";
import type { Attribute } from "../../../domain/message.ts";
import type { ScheduledMessage } from "../../port.ts";
import type { NewRecord } from "../producing.ts";
import type { StateRecord } from "./follow.ts";

/** The key of a record of the schedules. No two that somebody wrote have one. */
export interface ScheduledPlace {
  readonly topicId: string;
  readonly id: string;
  readonly dueMs: number;
  readonly nonce: number;
}

/** What is not in the key and not the payload, as JSON. */
interface Head {
  readonly topic: string;
  readonly scheduledAtMs: number;
  readonly key?: string;
  readonly attributes: readonly Attribute[];
}

const HEAD_HEADER = "X-KB-Scheduled";

export function placeText({ topicId, id, dueMs, nonce }: ScheduledPlace): string {
  return JSON.stringify([topicId, id, dueMs, nonce]);
}

/** Fails with `data_unreadable`. */
export function parsePlace(text: string): ScheduledPlace {
  const place: unknown = JSON.parse(text);
  if (!Array.isArray(place)) throw unknownForm();
  const [topicId, id, dueMs, nonce]: readonly unknown[] = place;
  if (typeof topicId !== "string" || typeof id !== "string") throw unknownForm();
  if (typeof dueMs !== "number" || typeof nonce !== "number") throw unknownForm();
  return { topicId, id, dueMs, nonce };
}

/** All but the key. */
export function encodeScheduled({ topic, scheduledAtMs, message }: ScheduledMessage): Omit<NewRecord, "key"> {
  const { payload, id: _id, ...named } = message;
  const head: Head = { topic, scheduledAtMs, ...named };
  return { value: payload, headers: [[HEAD_HEADER, JSON.stringify(head)]] };
}

/** Fails with `data_unreadable`. */
export function decodeScheduled({ key, value, headers }: StateRecord): ScheduledMessage {
  const { topicId, id, dueMs } = parsePlace(textOf(key));
  const text = headers.find(([name]) => textOf(name) === HEAD_HEADER)?.[1];
  const head: unknown = JSON.parse(textOf(text ?? null));
  if (!isHead(head) || value === null) throw unknownForm();
  const { topic, scheduledAtMs, ...named } = head;
  return { topicId, topic, message: { id, ...named, payload: value }, scheduledAtMs, dueMs };
}

export function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? "null" : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null) return false;
  if (!("topic" in value && typeof value.topic === "string" && "scheduledAtMs" in value)) return false;
  return typeof value.scheduledAtMs === "number" && "attributes" in value && Array.isArray(value.attributes);
}

function unknownForm(): KBrokerError {
  return new KBrokerError("data_unreadable", "A scheduled message has a form that this version does not know.", {
    hint: "Run the version of kbroker that wrote it, or a newer one.",
  });
}
