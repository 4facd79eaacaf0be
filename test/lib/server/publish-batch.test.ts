import { expect, test } from "vitest";
import { batchLineReply } from "../../../src/lib/api/message.ts";
import type { PublishBatchRequest } from "../../../src/lib/broker/requests/publish.ts";
import { KBrokerError } from "../../../src/lib/domain/error.ts";
import { openMetrics } from "../../../src/lib/server/metrics.ts";
import { refused, startServer } from "./harness.ts";

const published = { id: "o-1", topic: "orders", publishTimeMs: 0, duplicate: false };

const send = (url: string, body: string) => fetch(`${url}/publish/orders/batch`, { method: "POST", body });

test("a batch is answered 200 with one line a result, whatever became of each", async () => {
  const problems = [{ line: 3, column: 2, message: "no" }];
  const error = new KBrokerError("invalid_json", "The line is not JSON.", { hint: "Mend it.", problems });
  const asked: PublishBatchRequest[] = [];
  const server = await startServer({
    publishBatch: async (request) => {
      asked.push(request);
      return [
        { line: 1, published },
        { line: 3, error },
      ];
    },
  });

  const response = await send(server.url, '{"payload":1}\n\n{');

  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson; charset=utf-8"]);
  const lines = (await response.text()).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => batchLineReply.parse(JSON.parse(line)))).toEqual([
    { line: 1, id: "o-1", topic: "orders", publishTime: "1970-01-01T00:00:00.000Z", duplicate: false },
    { line: 3, error: { code: "invalid_json", message: "The line is not JSON.", hint: "Mend it.", problems } },
  ]);
  expect(asked.map(({ topic, batch }) => [topic, Buffer.from(batch).toString()])).toEqual([
    ["orders", '{"payload":1}\n\n{'],
  ]);
});

test("each refused line is counted by its code", async () => {
  const metrics = openMetrics();
  const error = new KBrokerError("invalid_json", "The line is not JSON.");
  const results = [1, 2].map((line) => ({ line, error }));
  const server = await startServer({ publishBatch: async () => results }, { metrics });

  await send(server.url, "{\n{");

  expect(await metrics.page(undefined)).toContain('kbroker_http_errors_total{code="invalid_json"} 2');
});

test("a batch that fails as a whole is answered with the status of its error", async () => {
  const server = await startServer({
    publishBatch: async () => {
      throw new KBrokerError("disk_full", "The disk is full.");
    },
  });

  expect(await refused(await send(server.url, "{}"))).toMatchObject({ status: 507, code: "disk_full" });
});

test("a batch of 1 MiB is taken, one byte more is 413 and says what to do", async () => {
  const server = await startServer({ publishBatch: async () => [] });

  const [fits, over] = [await send(server.url, "x".repeat(1_048_576)), await send(server.url, "x".repeat(1_048_577))];

  expect(fits.status).toBe(200);
  expect(await refused(over)).toMatchObject({
    status: 413,
    code: "payload_too_large",
    hint: "Send it in smaller batches.",
  });
});

test("a topic that is called batch takes single messages all the same", async () => {
  const server = await startServer();

  await fetch(`${server.url}/publish/batch`, { method: "POST", body: "1" });

  expect(server.published.map(({ topic }) => topic)).toEqual(["batch"]);
});
