import type { Message } from "../domain/message.ts";

/** A key as it is; in base64 where a client of the storage gave one that is not printable. */
export function keyText(message: Pick<Message, "key" | "native">): { key: string | null; keyBase64?: string } {
  const [key, keyBase64] = [message.key ?? null, message.native?.keyBase64];
  return keyBase64 === undefined ? { key } : { key, keyBase64 };
}

/** Stored bytes in a JSON document: as text when they are UTF-8, else in base64, so that they can be had back exactly. */
export function payloadText(payload: Uint8Array): { payload: string } | { payloadBase64: string } {
  try {
    return { payload: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload) };
  } catch {
    return { payloadBase64: Buffer.from(payload).toString("base64") };
  }
}
