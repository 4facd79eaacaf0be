/** The stored bytes as they were, never re-encoded; empty when the answer came without them. */
export function payloadOf({
  payload,
  payloadBase64,
}: {
  readonly payload?: string | undefined;
  readonly payloadBase64?: string | undefined;
}): Uint8Array {
  return payload === undefined ? Buffer.from(payloadBase64 ?? "", "base64") : Buffer.from(payload, "utf8");
}
