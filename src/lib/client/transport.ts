import { setFlagsFromString } from "node:v8";
import { Client } from "undici";
import { KBrokerError, messageOf } from "../domain/error.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Between the request and its answer, and between two parts of the answer. */
const ANSWER_TIMEOUT_MS = 30_000;
const REPLY_BYTES_MAX = 64 * 1_048_576;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With its query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface HttpReply {
  readonly status: number;
  readonly text: string;
}

export interface Transport {
  send(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly url: string;
  readonly connectTimeoutMs?: number;
  readonly answerTimeoutMs?: number;
}

/** One connection to one address. Nothing is sent before the first request. */
export function transport(options: TransportOptions): Transport {
  spareTheExit();
  const { url, connectTimeoutMs = CONNECT_TIMEOUT_MS, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
  const { origin, pathname } = new URL(url);
  const base = pathname.replace(/\/+$/, "");
  const client = new Client(origin, {
    connect: { timeout: connectTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: REPLY_BYTES_MAX,
  });
  return {
    send: async ({ method, path, headers, body }) => {
      try {
        const reply = await client.request({ method, path: `${base}${path}`, headers, body: body ?? null });
        return { status: reply.statusCode, text: await reply.body.text() };
      } catch (error) {
        throw transportError(error, url);
      }
    },
    close: () => client.destroy(),
  };
}

/** Node 20 compiles undici's parser again after the first answer, on a thread that the exit then waits for (about 120 ms). */
function spareTheExit(): void {
  if (process.versions.node.startsWith("20.")) setFlagsFromString("--wasm-tiering-budget=2000000000");
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection broke",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ETIMEDOUT: "no connection in time",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped in the middle",
  UND_ERR_SOCKET: "the connection broke",
};

function transportError(error: unknown, url: string): unknown {
  const code = codeOf(error);
  const noHttp = error instanceof Error && error.name === "HTTPParserError";
  if (!noHttp && (code === "" || code === "UND_ERR_INVALID_ARG")) return error;
  if (noHttp || code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    return new KBrokerError("reply_not_understood", `What answers at ${url} is no broker.`, {
      cause: error,
      hint: "kbroker config show --origin",
    });
  }
  const reason = REASONS[code] ?? messageOf(error);
  return new KBrokerError("broker_unreachable", `No broker answers at ${url} (${reason}).`, {
    cause: error,
    hint: startHint(url),
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** A broker on this machine can be started from here; elsewhere the address is the first thing to look at. */
function startHint(url: string): string {
  const { hostname, port } = new URL(url);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return "kbroker config show --origin";
  return `kbroker broker start${port === "7070" ? "" : ` --port ${port || "80"}`}`;
}
