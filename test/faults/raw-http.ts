import { connect } from "node:net";

export interface RawRequest {
  readonly method?: string;
  /** As it stands in the request line. */
  readonly path: string;
  /** One character a byte. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
}

export interface RawReply {
  readonly status: number;
  readonly text: string;
}

/** Sends what no HTTP library would let through, on a connection of its own. `undefined`: closed without an answer. */
export async function exchange(port: number, request: RawRequest): Promise<RawReply | undefined> {
  const { method = "POST", path, headers = [], body = new Uint8Array() } = request;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: close",
    `Content-Length: ${body.length}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const answer = await exchangeBytes(
    port,
    Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]),
  );
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  return Number.isNaN(status) ? undefined : { status, text: answer.slice(answer.indexOf("\r\n\r\n") + 4) };
}

/** Everything that comes back until the connection ends. */
export function exchangeBytes(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    const answer = () => Buffer.concat(chunks).toString("utf8");
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("close", () => resolve(answer()));
    socket.on("error", (error) => (chunks.length > 0 ? resolve(answer()) : reject(error)));
  });
}
