import { Buffer } from "node:buffer";
import type { LookupAddress } from "node:dns";
import type { IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Clock } from "../../../src/lib/domain/clock.ts";
import type { Outcome } from "../../../src/lib/domain/delivery.ts";
import { openOutbox } from "../../../src/lib/outbox/outbox.ts";
import { systemClock } from "../../../src/lib/system-clock.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { deferred } from "../../support/promises.ts";
import { CERTIFICATE, KEY } from "./certificate.ts";
import { closedPort, httpServer, tcpServer } from "./servers.ts";

interface Opened {
  readonly clock?: Clock;
  readonly addresses?: readonly LookupAddress[];
  readonly connectTimeoutMs?: number;
}

function open({ clock = systemClock, addresses, connectTimeoutMs = 30_000 }: Opened = {}) {
  const resolve = addresses === undefined ? {} : { resolve: async () => [...addresses] };
  const outbox = openOutbox({ clock, connectTimeoutMs, ...resolve });
  onTestFinished(() => outbox.close());
  const never = new AbortController().signal;
  const post = (endpoint: string, body = new Uint8Array([123, 125]), signal = never): Promise<Outcome> =>
    outbox.post(
      { endpoint, headers: ["content-type", "application/json", "x-kb-topic", "orders"], body, timeoutMs: 30_000 },
      signal,
    );
  return { ...outbox, outbox, post };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  return Buffer.concat(parts);
}

test("sends the stored bytes and the given headers, and gives the status", async () => {
  const received = deferred<Buffer>();
  const server = await httpServer((request, response) => {
    void bodyOf(request).then(received.resolve);
    response.writeHead(202).end("thanks");
  });
  const bytes = new Uint8Array([0x20, 0x7b, 0xc3, 0xa9, 0x0a, 0x00, 0x7d]);

  const outcome = await open().post(`${server.origin}/events?a=b`, bytes);

  expect(outcome).toMatchObject({ kind: "answered", status: 202 });
  expect(new Uint8Array(await received.promise)).toEqual(bytes);
  const [request] = server.requests;
  expect(request).toMatchObject({ method: "POST", url: "/events?a=b" });
  expect(request?.headers).toMatchObject({
    "content-type": "application/json",
    "x-kb-topic": "orders",
    "content-length": "7",
  });
});

test("a slice of a larger buffer goes out as the slice", async () => {
  const received = deferred<Buffer>();
  const server = await httpServer((request, response) => {
    void bodyOf(request).then(received.resolve);
    response.end();
  });

  await open().post(server.origin, new TextEncoder().encode('{"a":1}{"b":2}').subarray(7, 14));

  expect((await received.promise).toString()).toBe('{"b":2}');
});

test("of an answer other than 2XX it hands over Retry-After, X-KB-Result and the beginning of the text", async () => {
  const server = await httpServer((_, response) =>
    response.writeHead(422, { "retry-after": "30", "x-kb-result": "permanent" }).end('{"error":"no such order"}'),
  );

  expect(await open().post(server.origin)).toMatchObject({
    ...{ kind: "answered", status: 422 },
    details: { retryAfter: "30", result: "permanent", excerpt: '{"error":"no such order"}' },
  });
});

test("a 2XX is taken at its word: nothing else of it is kept", async () => {
  const server = await httpServer((_, response) =>
    response.writeHead(200, { "retry-after": "30", "x-kb-result": "permanent" }).end("thanks"),
  );

  expect(await open().post(server.origin)).not.toHaveProperty("details");
});

test("at most 500 bytes of a text are kept, whole characters, and that it was longer is said", async () => {
  const server = await httpServer((_, response) => {
    response.writeHead(500);
    response.write(`x${"ä".repeat(100)}`, () => response.end("ä".repeat(5_000)));
  });

  const outcome = await open().post(server.origin);

  expect(outcome).toMatchObject({ details: { excerpt: `x${"ä".repeat(249)}...` } });
});

test("a compressed text is not quoted, and a header that comes twice says nothing", async () => {
  const server = await tcpServer((socket) =>
    socket.on("data", () =>
      socket.end(
        "HTTP/1.1 500 no\r\nx-kb-result: permanent\r\nx-kb-result: business\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd",
      ),
    ),
  );

  const outcome = await open().post(server.origin);

  expect(outcome).toMatchObject({ kind: "answered", status: 500, details: {} });
  expect(outcome).not.toHaveProperty("details.excerpt");
  expect(outcome).not.toHaveProperty("details.result");
});

test("a redirect is an answer and is not followed", async () => {
  const server = await httpServer((_, response) => response.writeHead(307, { location: "/elsewhere" }).end());

  const outcome = await open().post(server.origin);

  expect(outcome).toMatchObject({ kind: "answered", status: 307 });
  expect(server.requests).toHaveLength(1);
});

test("connections are kept and used again", async () => {
  const server = await httpServer((_, response) => response.end("ok"));
  const { post } = open();

  for (let push = 0; push < 5; push += 1) await post(server.origin);

  expect(server.connections()).toBe(1);
});

test("as many pushes are in flight as are asked for", async () => {
  const gate = deferred();
  const server = await httpServer((_, response) => void gate.promise.then(() => response.end()));
  const { post } = open();

  const pushes = Array.from({ length: 100 }, () => post(server.origin));
  await vi.waitFor(() => expect(server.requests).toHaveLength(100), { timeout: 30_000 });
  gate.resolve();

  expect((await Promise.all(pushes)).every(({ kind }) => kind === "answered")).toBe(true);
});

test("an answer over 20 KB costs the connection and keeps its status", async () => {
  const server = await httpServer((_, response) => response.writeHead(200).end("x".repeat(500_000)));
  const { post } = open();

  expect(await post(server.origin)).toMatchObject({ kind: "answered", status: 200 });
  expect(await post(server.origin)).toMatchObject({ kind: "answered", status: 200 });
  expect(server.connections()).toBe(2);
});

test("a status counts, even where the rest of the answer never comes", async () => {
  const clock = manualClock();
  const server = await httpServer((_, response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("half");
  });

  const outcome = open({ clock }).post(server.origin);
  await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 30_000 });
  await clock.advance(31_000);

  expect(await outcome).toMatchObject({ kind: "answered", status: 200 });
});

test("an answer that breaks off after its status counts as answered", async () => {
  const server = await httpServer((request, response) => {
    response.writeHead(500, { "content-length": "10" });
    response.write("half", () => request.socket.destroy());
  });

  expect(await open().post(server.origin)).toMatchObject({ kind: "answered", status: 500 });
});

test("no answer in time is unavailable", async () => {
  const clock = manualClock();
  const server = await httpServer(() => {});

  const outcome = open({ clock }).post(server.origin);
  await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 30_000 });
  await clock.advance(31_000);

  expect(await outcome).toMatchObject({ kind: "unavailable", reason: "no answer within 30s" });
});

test("an abort ends what is in flight", async () => {
  const server = await httpServer(() => {});
  const stop = new AbortController();

  const outcome = open().post(server.origin, undefined, stop.signal);
  await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 30_000 });
  stop.abort();

  expect(await outcome).toMatchObject({ kind: "unavailable" });
});

test("an abort while the connection opens is unavailable, too: nobody was found absent", async () => {
  const server = await tcpServer(() => {});
  const stop = new AbortController();

  const outcome = open().post(`https://127.0.0.1:${server.port}/`, undefined, stop.signal);
  stop.abort();

  expect(await outcome).toMatchObject({ kind: "unavailable" });
});

test("a message that no HTTP request can carry does not make the endpoint look absent", async () => {
  const server = await httpServer((_, response) => response.end());
  const push = {
    endpoint: server.origin,
    headers: ["x-kb-attr-a", "two\nlines"],
    body: new Uint8Array(),
    timeoutMs: 1_000,
  };

  const outcome = await open().outbox.post(push, new AbortController().signal);

  expect(outcome).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("not HTTP") });
});

test("a refused connection says where", async () => {
  const port = await closedPort();

  expect(await open().post(`http://127.0.0.1:${port}/`)).toMatchObject({
    kind: "connection",
    reason: `connection refused at 127.0.0.1:${port}`,
  });
});

test("a name without an address says so", async () => {
  const { post } = open({ addresses: [] });

  expect(await post("http://orders.internal/")).toMatchObject({
    kind: "connection",
    fault: "dns",
    reason: "no address for host orders.internal",
  });
});

test("a name that leads to a forbidden address is never connected to", async () => {
  const server = await httpServer((_, response) => response.end());
  const addresses = [{ address: "169.254.169.254", family: 4 }];

  const outcome = await open({ addresses }).post(`http://innocent.example:${server.port}/`);

  expect(outcome).toMatchObject({
    kind: "connection",
    reason: expect.stringContaining("169.254.169.254 is a cloud's metadata"),
  });
});

test("of several addresses only those that are allowed are tried", async () => {
  const server = await httpServer((_, response) => response.end());
  const addresses = [
    { address: "fe80::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ];

  expect(await open({ addresses }).post(`http://two.example:${server.port}/`)).toMatchObject({
    kind: "answered",
    status: 200,
  });
});

test("a literal forbidden address is refused although nothing is looked up", async () => {
  expect(await open().post("http://169.254.169.254/latest")).toMatchObject({
    kind: "connection",
    fault: "dns",
    reason: expect.stringContaining("metadata"),
  });
});

test("a reused connection that ends before any answer is repeated once on a new one", async () => {
  let requests = 0;
  const server = await tcpServer((socket) => {
    let served = 0;
    socket.on("data", () => {
      requests += 1;
      served += 1;
      if (served === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.destroy();
    });
  });
  const { post } = open();

  expect(await post(server.origin)).toMatchObject({ kind: "answered", status: 200 });
  expect(await post(server.origin)).toMatchObject({ kind: "answered", status: 200 });
  expect(requests).toBe(3);
});

test("the new one is new, although others are idle", async () => {
  let requests = 0;
  const server = await tcpServer((socket) => {
    let served = 0;
    socket.on("data", () => {
      requests += 1;
      served += 1;
      if (served === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.destroy();
    });
  });
  const { post } = open();
  await Promise.all([post(server.origin), post(server.origin), post(server.origin)]);

  expect(await post(server.origin)).toMatchObject({ kind: "answered", status: 200 });
  expect(requests).toBe(5);
});

test("the repeat is not repeated", async () => {
  let requests = 0;
  const server = await tcpServer((socket) => {
    socket.on("data", () => {
      requests += 1;
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.destroy();
    });
  });
  const { post } = open();
  await post(server.origin);

  expect(await post(server.origin)).toMatchObject({ kind: "unavailable" });
  expect(requests).toBe(3);
});

test("a new connection that breaks after the request is unavailable and not repeated", async () => {
  let requests = 0;
  const server = await tcpServer((socket) => {
    socket.on("data", () => {
      requests += 1;
      socket.destroy();
    });
  });

  expect(await open().post(server.origin)).toMatchObject({ kind: "unavailable" });
  expect(requests).toBe(1);
});

test("a reused connection that breaks within an answer is not repeated", async () => {
  let requests = 0;
  const server = await tcpServer((socket) => {
    socket.on("data", () => {
      requests += 1;
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.end("HTTP/1.1 20");
    });
  });
  const { post } = open();
  await post(server.origin);

  expect(await post(server.origin)).toMatchObject({ kind: "unavailable" });
  expect(requests).toBe(2);
});

test("what is not HTTP is unavailable and says so", async () => {
  const server = await tcpServer((socket) => socket.on("data", () => socket.end("220 smtp ready\r\n")));

  expect(await open().post(server.origin)).toMatchObject({
    kind: "unavailable",
    reason: expect.stringContaining("not HTTP"),
  });
});

test("TLS that the other side does not speak is connection-level", async () => {
  const server = await httpServer((_, response) => response.end());

  const outcome = await open().post(`https://127.0.0.1:${server.port}/`);

  expect(outcome).toMatchObject({ kind: "connection", fault: "tls", reason: expect.stringMatching(/^TLS: /) });
  expect(server.requests).toHaveLength(0);
});

test("a handshake that hangs ends with the connect timeout", async () => {
  const server = await tcpServer(() => {});

  const outcome = await open({ connectTimeoutMs: 100 }).post(`https://127.0.0.1:${server.port}/`);

  expect(outcome).toMatchObject({
    kind: "connection",
    reason: `no connection to 127.0.0.1:${server.port} within 0.1s`,
  });
});

test("a certificate that nobody vouches for is connection-level and named", async () => {
  const server = createTlsServer({ key: KEY, cert: CERTIFICATE });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;

  const outcome = await open().post(`https://127.0.0.1:${port}/`);

  expect(outcome).toMatchObject({ kind: "connection", reason: expect.stringMatching(/^TLS: self-signed certificate/) });
});

test("the endpoint check sends one OPTIONS request without a body", async () => {
  const server = await httpServer((_, response) => response.writeHead(405).end());

  expect(await open().checkEndpoint(`${server.origin}/events`)).toMatchObject({ kind: "answered", status: 405 });
  expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["OPTIONS /events"]);
});

test("the endpoint check waits five seconds", async () => {
  const clock = manualClock();
  const server = await httpServer(() => {});

  const outcome = open({ clock }).checkEndpoint(server.origin);
  await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 30_000 });
  await clock.advance(4_900);
  await clock.advance(200);

  expect(await outcome).toMatchObject({ kind: "unavailable", reason: "no answer within 5s" });
});

test("closing ends what is in flight and lets go of every connection", async () => {
  const server = await httpServer(() => {});
  const outbox = open();

  const outcome = outbox.post(server.origin);
  await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 30_000 });
  await outbox.close();

  expect(await outcome).toMatchObject({ kind: "unavailable" });
});
