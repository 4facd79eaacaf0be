import type { Push } from "../../domain/delivery.ts";
import { attributeHeader, HEADER } from "../../domain/headers.ts";
import type { Attribute, StoredMessage } from "../../domain/message.ts";
import type { Subscription } from "../../domain/subscription.ts";

/** What is sent for a message; `attempt` counts its deliveries to this subscription, from 1. */
export type PushMaker = (message: StoredMessage, attempt: number) => Push;

export function pushMaker({ name, topic, endpoint, timeoutMs }: Subscription): PushMaker {
  const same: readonly Attribute[] = [
    ["content-type", "application/json"],
    [HEADER.topic, topic],
    [HEADER.subscription, name],
  ];
  /** Neighbours often share their publish time; formatting it is a large part of the cost of a push. */
  let [lastMs, lastInstant] = [Number.NaN, ""];

  function instant(ms: number): string {
    if (ms !== lastMs) [lastMs, lastInstant] = [ms, new Date(ms).toISOString()];
    return lastInstant;
  }

  return ({ id, key, timeMs, attributes, payload }, attempt) => {
    const headers: Attribute[] = [
      ...same,
      [HEADER.messageId, id],
      [HEADER.publishTime, instant(timeMs)],
      [HEADER.deliveryAttempt, String(attempt)],
    ];
    if (key !== undefined) headers.push([HEADER.key, key]);
    for (const [attribute, value] of attributes) headers.push([attributeHeader(attribute), value]);
    return { endpoint, headers, body: payload, timeoutMs };
  };
}
