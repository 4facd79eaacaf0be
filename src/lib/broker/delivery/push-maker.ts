import type { Push } from "../../domain/delivery.ts";
import { attributeHeader, HEADER } from "../../domain/headers.ts";
import { isPayload } from "../../domain/json.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { Subscription } from "../../domain/subscription.ts";

/** What is special about a delivery. */
export interface Marks {
  /** How often the message was taken out of the dead letter topic. */
  readonly redriveCount?: number | undefined;
  /** The rewind that brought the message back. */
  readonly replay?: string | undefined;
}

/** What is sent for a message; `attempt` counts its deliveries to this subscription, from 1. */
export type PushMaker = (message: StoredMessage, attempt: number, marks?: Marks) => Push;

export function pushMaker({ name, topic, endpoint, timeoutMs }: Subscription): PushMaker {
  let [lastS, lastPrefix] = [Number.NaN, ""];

  /** RFC 3339. Neighbours often share a second, and formatting a date is a large part of the cost of a push. */
  function instant(ms: number): string {
    const second = Math.floor(ms / 1_000);
    if (second !== lastS) {
      lastS = second;
      lastPrefix = new Date(second * 1_000).toISOString().slice(0, -4);
    }
    return `${lastPrefix}${String(ms - second * 1_000).padStart(3, "0")}Z`;
  }

  return ({ id, key, native, timeMs, attributes, payload }, attempt, marks) => {
    const headers = [
      "content-type",
      native === undefined || isPayload(payload) ? "application/json" : "application/octet-stream",
      HEADER.topic,
      topic,
      HEADER.subscription,
      name,
      HEADER.messageId,
      id,
      HEADER.publishTime,
      instant(timeMs),
      HEADER.deliveryAttempt,
      attempt === 1 ? "1" : String(attempt),
    ];
    if (key !== undefined) headers.push(HEADER.key, key);
    if (native?.keyBase64 !== undefined) headers.push(HEADER.keyBase64, native.keyBase64);
    if (marks?.redriveCount !== undefined) headers.push(HEADER.redriveCount, String(marks.redriveCount));
    if (marks?.replay !== undefined) headers.push(HEADER.replay, marks.replay);
    for (const [attribute, value] of attributes) headers.push(attributeHeader(attribute), value);
    return { endpoint, headers, body: payload, timeoutMs };
  };
}
