import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { KBrokerError } from "../domain/error.ts";
import { answerError, type ErrorContext } from "./error-reply.ts";
import { HEADER_BYTES_MAX } from "./limits.ts";

/** How long a client may take to read the answer before the connection is cut. */
const LINGER_MS = 1_000;
/** Nobody is there to read an answer. */
const GONE = new Set(["ECONNRESET", "EPIPE", "ECANCELED"]);

/** Answers what never became a request: malformed HTTP, headers over their limit, headers that come too slowly. */
export function answerClientErrors(context: ErrorContext): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    // A parser that failed once fails again with each further byte; and an answer that has begun cannot be taken back.
    if (GONE.has(error.code ?? "") || !socket.writable || socket.writableEnded || answerBegan(socket)) {
      if (!socket.writableEnded) socket.destroy();
      return;
    }
    const { status, headers, body } = answerError(clientError(error.code ?? ""), context);
    const text = JSON.stringify(body);
    const all = { ...headers, "content-length": String(Buffer.byteLength(text)), connection: "close" };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`);
    // Closing while bytes still come in would reset the connection under the answer.
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => clearTimeout(cut));
  };
}

function clientError(code: string): KBrokerError {
  if (code === "HPE_HEADER_OVERFLOW")
    return new KBrokerError("headers_too_large", `The headers are over ${HEADER_BYTES_MAX} bytes together.`);
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW")
    return new KBrokerError("payload_too_large", "The body's chunk extensions are too long.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new KBrokerError("request_timeout", "The request's headers did not arrive in time.");
  return new KBrokerError("invalid_request", `The request is not well-formed HTTP/1.1 (${code || "unreadable"}).`);
}

function answerBegan(socket: Socket & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}
