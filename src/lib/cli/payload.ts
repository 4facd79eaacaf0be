import { KBrokerError } from "../domain/error.ts";
import { type Attribute, PAYLOAD_BYTES_MAX } from "../domain/message.ts";
import { atMost, type ReadLimit, readBytes, tooLarge } from "./files.ts";

const LIMIT: ReadLimit = { what: "The payload", bytesMax: PAYLOAD_BYTES_MAX, code: "payload_too_large" };

export interface PayloadSource {
  readonly data?: string | undefined;
  /** `-` is stdin. */
  readonly file?: string | undefined;
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** The payload as it was given, byte for byte: from `--data`, else `--file`, else stdin. */
export async function readPayload({ data, file, stdin }: PayloadSource): Promise<Uint8Array> {
  const payload = await payloadBytes({ data, file, stdin });
  if (payload.length > 0) return payload;
  throw new KBrokerError("usage", "The payload is empty.", {
    hint: "Give it with --data or --file, or on stdin: echo '{}' | kbroker message publish <topic>",
  });
}

async function payloadBytes({ data, file, stdin }: PayloadSource): Promise<Uint8Array> {
  if (data !== undefined) return dataBytes(data);
  if (file !== undefined && file !== "-") return readBytes(file, LIMIT);
  return atMost(stdin, LIMIT);
}

/** Node replaces what is not UTF-8 on the command line with U+FFFD before anybody can see it; such a payload is not what was typed. */
function dataBytes(data: string): Uint8Array {
  if (data.includes("\ufffd")) {
    throw new KBrokerError("usage", "--data is not UTF-8, or holds the character U+FFFD.", {
      hint: "Give the payload with --file or on stdin: bytes from there are not touched.",
    });
  }
  const bytes = new TextEncoder().encode(data);
  if (bytes.length > PAYLOAD_BYTES_MAX) throw tooLarge(LIMIT);
  return bytes;
}

/** `event-type=created` → name and value; the value may hold more `=`. */
export function parsePair(text: string, flag: string): Attribute {
  const split = text.indexOf("=");
  if (split > 0) return [text.slice(0, split), text.slice(split + 1)];
  throw new KBrokerError("usage", `${flag} "${text}" is not name=value.`, {
    hint: `Write it as ${flag} event-type=created`,
  });
}
