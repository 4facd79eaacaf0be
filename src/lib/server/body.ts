import type { IncomingMessage } from "node:http";
import { KBrokerError } from "../domain/error.ts";
import { DISCARD_BYTES_MAX } from "./limits.ts";

export interface BodyLimits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
  /** What to do with a body that is over `bytesMax`. */
  readonly hint?: string;
}

export type BodyDone = (error: KBrokerError | null, body?: Uint8Array) => void;

/** Reads a whole body as it is. Fails with `payload_too_large` at the first byte over the limit, with `request_timeout` when it is late. */
export function readBody(request: IncomingMessage, limits: BodyLimits, done: BodyDone): void {
  const { bytesMax, timeoutMs } = limits;
  if (Number(request.headers["content-length"]) > bytesMax) {
    done(tooLarge(limits));
    return;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const end = (error: KBrokerError | null) => {
    clearTimeout(timer);
    request.off("data", onData).off("end", onEnd).off("close", onClose);
    if (error !== null) done(error);
    else done(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes));
  };
  const onData = (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > bytesMax) end(tooLarge(limits));
    else chunks.push(chunk);
  };
  const onEnd = () => end(null);
  const onClose = () => end(new KBrokerError("invalid_request", "The connection ended before the body did."));
  const timer = setTimeout(() => end(tooSlow(timeoutMs)), timeoutMs);
  request.on("data", onData).on("end", onEnd).on("close", onClose);
}

/** For a request that is answered before its body was read: takes in a bounded rest, so that closing does not cut the answer off. */
export function discardRest(request: IncomingMessage, timeoutMs: number): void {
  if (request.complete || request.destroyed) return;
  let bytes = 0;
  const drop = () => {
    request.off("data", count);
    if (!request.complete) request.socket.destroySoon();
  };
  const count = (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES_MAX) drop();
  };
  const timer = setTimeout(drop, timeoutMs);
  request.on("data", count);
  request.once("close", () => clearTimeout(timer));
}

function tooLarge({ bytesMax, hint = "Store it elsewhere and send a reference to it." }: BodyLimits): KBrokerError {
  return new KBrokerError("payload_too_large", `The body is over ${bytesMax} bytes.`, { hint });
}

function tooSlow(timeoutMs: number): KBrokerError {
  return new KBrokerError("request_timeout", `The body did not arrive within ${timeoutMs} ms.`, {
    hint: "Nothing was kept; send it again.",
  });
}
