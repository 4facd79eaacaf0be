import { KBrokerError } from "../domain/error.ts";
import { ATTRIBUTE_HEADERS, ATTRIBUTE_PREFIX, HEADER } from "../domain/headers.ts";
import {
  ATTRIBUTES_BYTES_MAX,
  ATTRIBUTES_MAX,
  type Attribute,
  KEY_BYTES_MAX,
  MESSAGE_ID_PATTERN,
} from "../domain/message.ts";

/** What the headers of a publish say of its message. */
export interface MessageHeaders {
  readonly id: string | undefined;
  readonly key: string | undefined;
  readonly attributes: readonly Attribute[];
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** `rawHeaders`: names and values in turn, as they came. Node's merged form would hide that a header came twice. */
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
  if (attributes.length > 0) checkTogether(attributes);
  return { id, key, attributes };
}

function checkedId(value: string, earlier: string | undefined): string {
  if (earlier !== undefined) throw twice("X-KB-MessageID");
  if (MESSAGE_ID_PATTERN.test(value)) return value;
  throw refused("X-KB-MessageID has 1 to 128 characters out of A–Z, a–z, 0–9, “_”, “:” and “-”.");
}

function checkedKey(value: string, earlier: string | undefined): string {
  if (earlier !== undefined) throw twice("X-KB-Key");
  if (value === "") throw refused("X-KB-Key is empty; leave it out for a message without a key.");
  checkPrintable("X-KB-Key", value);
  if (value.length <= KEY_BYTES_MAX) return value;
  throw refused(`X-KB-Key has ${value.length} bytes; the limit is ${KEY_BYTES_MAX}.`);
}

function attribute(name: string, value: string): Attribute {
  if (name === ATTRIBUTE_PREFIX) throw refused(`"${name}" lacks the attribute's name behind the prefix.`);
  checkPrintable(name, value);
  return [name, value];
}

function checkPrintable(name: string, value: string): void {
  if (PRINTABLE_ASCII.test(value)) return;
  throw refused(`The value of ${name} has a character outside printable ASCII (0x20–0x7E).`);
}

function checkTogether(attributes: readonly Attribute[]): void {
  const names = new Set<string>();
  let bytes = 0;
  for (const [name, value] of attributes) {
    if (names.has(name)) throw twice(name);
    names.add(name);
    if (names.size > ATTRIBUTES_MAX) throw refused(`${name} is one attribute too many: at most ${ATTRIBUTES_MAX}.`);
    bytes += name.length + value.length;
    if (bytes <= ATTRIBUTES_BYTES_MAX) continue;
    throw refused(`With ${name} the attributes have over ${ATTRIBUTES_BYTES_MAX} bytes, names and values together.`);
  }
}

function twice(name: string): KBrokerError {
  return refused(`The header ${name} came twice.`);
}

function refused(message: string): KBrokerError {
  return new KBrokerError("invalid_request", message);
}
