import { expect, test } from "vitest";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { exchange, refusal, refused, startServer } from "./harness.ts";

test("an error that nobody foresaw stays in the log, under the request's id", async () => {
  const secret = new Error("password hunter2", { cause: new Error("inner") });
  const server = await startServer({ describeTopic: () => Promise.reject(secret) });

  const response = await fetch(`${server.url}/admin/v1/topics/orders`);

  const text = await response.clone().text();
  expect(text).not.toContain("hunter2");
  expect(await refused(response)).toMatchObject({ status: 500, code: "internal", requestId: "r-1" });
  expect(server.logged).toEqual([
    { level: "error", message: "A request failed unexpectedly.", fields: { requestId: "r-1", error: secret } },
  ]);
});

test("a known error keeps its message, hint, problems and Retry-After", async () => {
  const problems = [{ pointer: "/a", line: 1, column: 2, message: "wrong" }];
  const error = new KBrokerError("overloaded", "Too much waits.", { hint: "Wait.", problems, retryAfterS: 1.2 });
  const server = await startServer({ publish: () => Promise.reject(error) });

  const response = await fetch(`${server.url}/publish/orders`, { method: "POST", body: "1" });

  expect(response.headers.get("retry-after")).toBe("2");
  expect(await refused(response)).toEqual({
    ...{ status: 429, code: "overloaded", message: "Too much waits.", hint: "Wait.", problems, requestId: "r-1" },
  });
  expect(server.logged).toEqual([]);
});

test("a code that only the CLI gives is a defect when the broker raises it", async () => {
  const server = await startServer({ publish: () => Promise.reject(new KBrokerError("usage", "no")) });

  const response = await fetch(`${server.url}/publish/orders`, { method: "POST", body: "1" });

  expect(await refused(response)).toMatchObject({ status: 500, code: "internal" });
});

test.each([
  ["GET", "/"],
  ["POST", "/scheduled"],
  ["POST", "/publish"],
  ["GET", "/admin/v1/topics/a/b/c"],
  ["PROPFIND", "/publish/orders"],
])("%s %s is a route that is not there", async (method, path) => {
  const server = await startServer();

  const response = await fetch(`${server.url}${path}`, { method });

  expect(await refused(response)).toMatchObject({ status: 404, code: "route_not_found" });
});

test.each([
  ["GET", "/publish/orders", "POST"],
  ["PUT", "/admin/v1/topics", "GET, HEAD, POST"],
  ["POST", "/_/health", "GET, HEAD"],
  ["OPTIONS", "/publish/orders", "POST"],
])("%s %s is the wrong method", async (method, path, allow) => {
  const server = await startServer();

  const response = await fetch(`${server.url}${path}`, { method });

  expect(response.headers.get("allow")).toBe(allow);
  expect(await refused(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
});

test.each([
  ["not HTTP at all", "hello\r\n\r\n", 400, "invalid_request"],
  ["a broken chunk", `${post("Transfer-Encoding: chunked")}zz\r\n`, 400, "invalid_request"],
  ["two lengths", post("Content-Length: 1", "Content-Length: 2"), 400, "invalid_request"],
  ["length and chunks", post("Content-Length: 1", "Transfer-Encoding: chunked"), 400, "invalid_request"],
  ["a control character in a header", post("X-KB-Key: a\u0001b"), 400, "invalid_request"],
  ["no Host", "POST /publish/orders HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "invalid_request"],
  ["no Host in HTTP/1.0", "GET /_/health HTTP/1.0\r\n\r\n", 400, "invalid_request"],
  ["an empty Host", "GET /_/health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 400, "invalid_request"],
  ["headers over 16 KB", post(`X-KB-Attr-A: ${"x".repeat(17_000)}`), 431, "headers_too_large"],
  ["headers far over 16 KB", post(`X-KB-Attr-A: ${"x".repeat(500_000)}`), 431, "headers_too_large"],
  ["an unknown expectation", post("Expect: a-pony", "Content-Length: 0", "X-KB-Key:"), 400, "invalid_request"],
])("%s is answered in the envelope", async (_what, request, status, code) => {
  const server = await startServer();

  const answer = await exchange(server.port, request);

  expect(refusal(answer)).toMatchObject({ status, error: { code, requestId: "r-1" } });
  expect(server.published).toEqual([]);
});

test("a client that goes away in the middle of its body leaves nothing behind, not even a line in the log", async () => {
  const server = await startServer();

  const gone = fetch(`${server.url}/publish/orders`, {
    ...{ method: "POST", duplex: "half" },
    body: new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) }),
  });

  await expect(gone).rejects.toThrow();
  expect((await fetch(`${server.url}/_/health`)).status).toBe(200);
  expect(server.published).toEqual([]);
  expect(server.logged).toEqual([]);
});

function post(...lines: string[]): string {
  return `${["POST /publish/orders HTTP/1.1", "Host: localhost", "Connection: close", ...lines].join("\r\n")}\r\n\r\n`;
}
