import { KBrokerError } from "../domain/error.ts";
import { ATTRIBUTE_HEADERS, ATTRIBUTE_PREFIX, HEADER } from "../domain/headers.ts";
import { type Attribute, KEY_BYTES_MAX, MESSAGE_ID_PATTERN } from "../domain/message.ts";

/** What the headers of a publish say of its message. */
export interface MessageHeaders {
  readonly id: string | undefined;
  readonly key: string | undefined;
  readonly attributes: readonly Attribute[];
}

const KEY_PATTERN = new RegExp(`^[ -~]{1,${KEY_BYTES_MAX}}$`);

/**
 * `rawHeaders`: names and values in turn, as they came; Node's merged form would hide that a header came twice. What the
 * attributes may hold is for the use case to judge: there they have the same names.
 */
export function messageHeaders(rawHeaders: readonly string[]): MessageHeaders {
  let id: string | undefined;
  let key: string | undefined;
  const attributes: Attribute[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (name === HEADER.messageId) id = checkedId(value, id);
    else if (name === HEADER.key) key = checkedKey(value, key);
    else if (ATTRIBUTE_HEADERS.has(name) || name.startsWith(ATTRIBUTE_PREFIX)) attributes.push(attribute(name, value));
  }
  if (attributes.length > 1) checkOnce(attributes);
  return { id, key, attributes };
}

function checkedId(value: string, earlier: string | undefined): string {
  if (earlier !== undefined) throw twice("X-KB-MessageID");
  if (MESSAGE_ID_PATTERN.test(value)) return value;
  throw refused('X-KB-MessageID must be 1 to 128 letters, digits, "_", ":" and "-".');
}

function checkedKey(value: string, earlier: string | undefined): string {
  if (earlier !== undefined) throw twice("X-KB-Key");
  if (KEY_PATTERN.test(value)) return value;
  throw refused(`X-KB-Key must be 1 to ${KEY_BYTES_MAX} characters of printable ASCII.`);
}

function attribute(name: string, value: string): Attribute {
  if (name === ATTRIBUTE_PREFIX) throw refused(`${name} lacks the attribute's name behind the prefix.`);
  return [name, value];
}

function checkOnce(attributes: readonly Attribute[]): void {
  const names = new Set<string>();
  for (const [name] of attributes) {
    if (names.has(name)) throw twice(name);
    names.add(name);
  }
}

function twice(name: string): KBrokerError {
  return refused(`The header ${name} came twice.`);
}

function refused(message: string): KBrokerError {
  return new KBrokerError("invalid_request", message);
}
