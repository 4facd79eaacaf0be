import { KBrokerError } from "../domain/error.ts";
import { ATTRIBUTE_HEADERS, ATTRIBUTE_PREFIX, HEADER } from "../domain/headers.ts";
import type { Attribute } from "../domain/message.ts";

export interface PublishRequest {
  readonly topic: string;
  readonly id?: string | undefined;
  readonly key?: string | undefined;
  readonly attributes: readonly Attribute[];
  readonly payload: Uint8Array;
}

/**
 * Id, key and attributes as headers. What HTTP would alter on the way (outer spaces, characters outside printable ASCII) is
 * refused here, because the broker could not see it any more.
 */
export function publishHeaders({ id, key, attributes }: PublishRequest): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (id !== undefined) headers[HEADER.messageId] = headerValue("The id", id);
  if (key !== undefined) headers[HEADER.key] = headerValue("The key", key);
  for (const [name, value] of attributes) {
    const header = attributeHeader(name);
    if (header in headers) throw new KBrokerError("invalid_request", `The attribute "${name}" is given twice.`);
    headers[header] = headerValue(`The attribute "${name}"`, value);
  }
  return headers;
}

function attributeHeader(name: string): string {
  const header = name.toLowerCase();
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(header)) {
    throw new KBrokerError("invalid_request", `"${name}" cannot be the name of an attribute.`, {
      hint: 'Use letters, digits, "-", "_" and ".".',
    });
  }
  const known = ATTRIBUTE_HEADERS.has(header) || header.startsWith(ATTRIBUTE_PREFIX);
  return known ? header : `${ATTRIBUTE_PREFIX}${header}`;
}

function headerValue(what: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) {
    throw new KBrokerError("invalid_request", `${what} has a character that is not printable ASCII.`);
  }
  if (value !== value.trim()) throw new KBrokerError("invalid_request", `${what} starts or ends with a space.`);
  return value;
}
