import { KBrokerError } from "../../domain/error.ts";
import {
  ATTRIBUTES_BYTES_MAX,
  ATTRIBUTES_MAX,
  type Attribute,
  KEY_BYTES_MAX,
  MESSAGE_ID_PATTERN,
  PAYLOAD_BYTES_MAX,
} from "../../domain/message.ts";
import type { PublishRequest } from "../requests/publish.ts";

const PRINTABLE_ASCII = /^[ -~]*$/;
/** What HTTP takes as a header's name, in lower case: an attribute is pushed as a header. */
const ATTRIBUTE_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** Fails unless size, id, key and attributes are within the limits of one message. */
export function checkMessage({ id, key, attributes, payload }: Omit<PublishRequest, "topic">): void {
  if (payload.length > PAYLOAD_BYTES_MAX) throw tooLarge(payload.length);
  if (id !== undefined && !MESSAGE_ID_PATTERN.test(id)) {
    throw invalid("The message id is not valid.", 'Use 1 to 128 letters, digits, "_", ":" and "-".');
  }
  if (key !== undefined) checkKey(key);
  checkAttributes(attributes);
}

function checkKey(key: string): void {
  if (key === "") throw invalid("The key is empty.", "Give a key of at least one character, or none.");
  if (!PRINTABLE_ASCII.test(key)) {
    throw invalid("The key has a character that is not printable ASCII.", "Use the characters from space to ~.");
  }
  if (key !== key.trim()) {
    throw invalid("The key starts or ends with a space.", "Leave the space out: no header would keep it.");
  }
  if (key.length > KEY_BYTES_MAX) {
    throw invalid(`The key has ${key.length} bytes.`, `A key has at most ${KEY_BYTES_MAX} bytes.`);
  }
}

function checkAttributes(attributes: readonly Attribute[]): void {
  if (attributes.length > ATTRIBUTES_MAX) {
    throw invalid(
      `The message has ${attributes.length} attributes.`,
      `A message has at most ${ATTRIBUTES_MAX} attributes.`,
    );
  }
  let bytes = 0;
  for (const [name, value] of attributes) {
    if (!ATTRIBUTE_NAME.test(name)) {
      throw invalid(
        `An attribute has the name ${JSON.stringify(name.slice(0, 100))}, which no header can have.`,
        "Use lower case letters, digits and hyphens.",
      );
    }
    if (!PRINTABLE_ASCII.test(value)) {
      throw invalid(
        `The attribute "${name}" has a character that is not printable ASCII.`,
        "Use the characters from space to ~; encode others, for instance in percent form.",
      );
    }
    if (value !== value.trim()) {
      throw invalid(
        `The value of the attribute "${name}" starts or ends with a space.`,
        "Leave the space out: no header would keep it.",
      );
    }
    bytes += name.length + value.length;
  }
  if (bytes > ATTRIBUTES_BYTES_MAX) {
    throw invalid(
      `The attributes have ${bytes} bytes, names and values together.`,
      `They may have at most ${ATTRIBUTES_BYTES_MAX}; what is longer belongs into the payload.`,
    );
  }
}

function tooLarge(bytes: number): KBrokerError {
  return new KBrokerError(
    "payload_too_large",
    `The payload has ${bytes} bytes; at most ${PAYLOAD_BYTES_MAX} are taken.`,
    { hint: "Store it elsewhere and publish a reference to it." },
  );
}

function invalid(message: string, hint: string): KBrokerError {
  return new KBrokerError("invalid_request", message, { hint });
}
