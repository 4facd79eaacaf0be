import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface StubAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Stub {
  readonly url: string;
  /** For `run`: settings that lead here. */
  readonly env: Record<string, string>;
  readonly received: Received[];
}

/** A real HTTP server that answers `"GET /path"` with what is given (200, or a whole answer by `answer`), and remembers what it was asked. */
export async function stubBroker(answers: Record<string, unknown> = {}): Promise<Stub> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request
      .on("data", (part: Buffer) => parts.push(part))
      .on("end", () => reply(request, response, Buffer.concat(parts)));
  });
  const reply = (request: IncomingMessage, response: ServerResponse, requested: Buffer) => {
    const { method = "", url = "", headers } = request;
    received.push({ method, url, headers, body: requested });
    const found = answers[`${method} ${url.split("?", 1)[0]}`];
    const { status, body } = isAnswer(found)
      ? found
      : { status: found === undefined ? 404 : 200, body: found ?? NO_ROUTE };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, env: { KBROKER_ADMIN_URL: url, KBROKER_INBOX_URL: url }, received };
}

const ANSWER = Symbol("answer");

/** An answer with its status; `body` as text goes out as it is. */
export function answer(status: number, body: unknown): StubAnswer {
  return Object.assign({ status, body }, { [ANSWER]: true });
}

export function failure(status: number, code: string, rest: Record<string, unknown> = {}): StubAnswer {
  return answer(status, { error: { code, message: `It is ${code}.`, requestId: "r-1", ...rest } });
}

function isAnswer(value: unknown): value is StubAnswer {
  return typeof value === "object" && value !== null && ANSWER in value;
}

const NO_ROUTE = { error: { code: "route_not_found", message: "No such route.", requestId: "r-0" } };
