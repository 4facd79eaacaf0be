import type { TopicMessage } from "../api/topic-message.ts";
import { bytesText } from "../domain/bytes-text.ts";
import type { Paint } from "./colour.ts";
import { plain } from "./plain.ts";

/** What stands over the payload of one message, in one line. */
export function messageHead(message: TopicMessage, paint: Paint): string {
  const { id, position, publishTime, key, keyBase64, attributes, payloadBytes } = message;
  const about = [
    publishTime,
    `at ${position}`,
    ...(key === null ? [] : [`key=${key}`]),
    ...(keyBase64 === undefined ? [] : [`key=base64:${keyBase64}`]),
    ...Object.entries(attributes).map(([name, value]) => `${name}=${value}`),
    bytesText(payloadBytes),
  ];
  return `${paint.bold(plain(id))} ${paint.dim(plain(about.join(" ")))}`;
}

/** `event-type=created` and so on, as the route takes them: encoded like a query. */
export function filterQuery(filters: readonly (readonly [name: string, value: string])[]): string | undefined {
  return filters.length === 0
    ? undefined
    : String(new URLSearchParams(filters.map(([name, value]): [string, string] => [name, value])));
}
