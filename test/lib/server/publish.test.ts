import { expect, test } from "vitest";
import { publishReply } from "../../../src/lib/api/message.ts";
import { exchange, refusal, refused, startServer } from "./harness.ts";

const head = (...lines: string[]) =>
  `${["POST /publish/orders HTTP/1.1", "Host: localhost", ...lines].join("\r\n")}\r\n\r\n`;

test("a publish hands over the bytes, the id, the key and the attributes as they came", async () => {
  const server = await startServer();
  const body = '{ "a":1e400, "a":\t"ü" }';

  const response = await fetch(`${server.url}/publish/orders`, {
    method: "POST",
    body,
    headers: { "X-KB-MessageID": "o-1", "X-KB-Key": "k 1", "Event-Type": "created", "X-KB-Attr-Zone": "eu" },
  });

  expect(response.status).toBe(200);
  expect(publishReply.parse(await response.json())).toEqual({
    ...{ id: "o-1", topic: "orders", publishTime: "1970-01-01T00:00:00.000Z", duplicate: false },
  });
  const [{ payload, ...rest } = { payload: new Uint8Array() }] = server.published;
  expect(Buffer.from(payload).toString()).toBe(body);
  expect(rest).toEqual({
    ...{ topic: "orders", id: "o-1", key: "k 1" },
    attributes: [
      ["event-type", "created"],
      ["x-kb-attr-zone", "eu"],
    ],
  });
});

test.each([
  ["none", []],
  ["of a browser's form", ["Content-Type: application/x-www-form-urlencoded"]],
  ["that is malformed", ["Content-Type: ;;;="]],
  ["that came twice", ["Content-Type: text/plain", "Content-Type: application/json"]],
])("a content type %s is taken", async (_what, lines) => {
  const server = await startServer();

  const answer = await exchange(server.port, head(...lines, "Content-Length: 2", "Connection: close"), "{}");

  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(server.published.map(({ payload }) => Buffer.from(payload).toString())).toEqual(["{}"]);
});

test("a publish without a body reaches the use case as no bytes", async () => {
  const server = await startServer();

  await fetch(`${server.url}/publish/orders`, { method: "POST" });

  expect(server.published.map(({ payload }) => payload.length)).toEqual([0]);
});

test("a body in many chunks is put together", async () => {
  const server = await startServer();
  const chunks = "1\r\n[\r\n3\r\n1,2\r\n1\r\n]\r\n0\r\n\r\n";

  await exchange(server.port, head("Transfer-Encoding: chunked", "Connection: close"), chunks);

  expect(server.published.map(({ payload }) => Buffer.from(payload).toString())).toEqual(["[1,2]"]);
});

test("65 536 bytes are taken, one more is 413", async () => {
  const server = await startServer();
  const send = (bytes: number) => fetch(`${server.url}/publish/orders`, { method: "POST", body: "x".repeat(bytes) });

  const [fits, over] = [await send(65_536), await send(65_537)];

  expect(fits.status).toBe(200);
  expect(await refused(over)).toMatchObject({ status: 413, code: "payload_too_large" });
  expect(server.published).toHaveLength(1);
});

test("a chunked body over the limit is 413 although its length was never said", async () => {
  const server = await startServer();
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const lines = ["Transfer-Encoding: chunked", "Connection: close"];

  const answer = await exchange(server.port, head(...lines), chunk, chunk, "0\r\n\r\n");

  expect(refusal(answer)).toMatchObject({ status: 413, error: { code: "payload_too_large" } });
  expect(server.published).toEqual([]);
});

test("a client that never stops sending is cut off, not read for ever", async () => {
  const server = await startServer();
  const endless = Array.from({ length: 64 }, () => `10000\r\n${"x".repeat(65_536)}\r\n`);

  const answer = await exchange(server.port, head("Transfer-Encoding: chunked"), ...endless);

  expect(answer === "" || refusal(answer).status === 413).toBe(true);
});

test("the connection serves on after a body that was too large and did end", async () => {
  const server = await startServer();
  const tooLarge = head("Content-Length: 70000") + "x".repeat(70_000);

  const answer = await exchange(server.port, tooLarge, head("Content-Length: 2", "Connection: close"), "{}");

  expect(answer).toMatch(/^HTTP\/1\.1 413 .*HTTP\/1\.1 200 /s);
});

test("a body that arrives too slowly is 408", async () => {
  const server = await startServer({}, { limits: { bodyTimeoutMs: 50, headersTimeoutMs: 10_000 } });

  const answer = await exchange(server.port, head("Content-Length: 10"), "{");

  expect(refusal(answer)).toMatchObject({ status: 408, error: { code: "request_timeout" } });
  expect(server.published).toEqual([]);
});

test("headers that arrive too slowly are 408", async () => {
  const server = await startServer({}, { limits: { bodyTimeoutMs: 10_000, headersTimeoutMs: 50 } });

  const answer = await exchange(server.port, "POST /publish/orders HTTP/1.1\r\nHost: localhost\r\n");

  expect(refusal(answer)).toMatchObject({ status: 408, error: { code: "request_timeout" } });
});

test("a name in the path is percent-decoded once", async () => {
  const server = await startServer();

  await fetch(`${server.url}/publish/a%2Fb%2541`, { method: "POST", body: "1" });

  expect(server.published.map(({ topic }) => topic)).toEqual(["a/b%41"]);
});

test("the longest name gets through, percent-encoded, too", async () => {
  const server = await startServer();

  await fetch(`${server.url}/publish/${"%61".repeat(200)}`, { method: "POST", body: "1" });

  expect(server.published.map(({ topic }) => topic)).toEqual(["a".repeat(200)]);
});

test.each(["%zz", "%ff", "%c3%28", "x".repeat(601)])("the name %j in the path is 400", async (name) => {
  const server = await startServer();

  const response = await fetch(`${server.url}/publish/${name}`, { method: "POST", body: "1" });

  expect(await refused(response)).toMatchObject({ status: 400, code: "invalid_request" });
});
