import type { Push } from "../../domain/delivery.ts";
import { attributeHeader, HEADER } from "../../domain/headers.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { Subscription } from "../../domain/subscription.ts";

/** What is sent for a message; `attempt` counts its deliveries to this subscription, from 1. */
export type PushMaker = (message: StoredMessage, attempt: number) => Push;

export function pushMaker({ name, topic, endpoint, timeoutMs }: Subscription): PushMaker {
  /** Neighbours often share their publish time, and formatting it is a large part of the cost of a push. */
  let [lastMs, lastInstant] = [Number.NaN, ""];

  function instant(ms: number): string {
    if (ms === lastMs) return lastInstant;
    lastMs = ms;
    lastInstant = new Date(ms).toISOString();
    return lastInstant;
  }

  return ({ id, key, timeMs, attributes, payload }, attempt) => {
    const headers = [
      "content-type",
      "application/json",
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
    for (const [attribute, value] of attributes) headers.push(attributeHeader(attribute), value);
    return { endpoint, headers, body: payload, timeoutMs };
  };
}
