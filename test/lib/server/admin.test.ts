import { expect, test } from "vitest";
import { topicReply } from "../../../src/lib/api/topic.ts";
import type { CreateTopic } from "../../../src/lib/broker/requests/topics.ts";
import { refused, startServer } from "./harness.ts";

const TOPIC = {
  name: "orders",
  id: "t-1",
  visibility: "private",
  purpose: "messages",
  ttlMs: 1,
  createdAtMs: 0,
} as const;
const VIEW = { topic: TOPIC, schemaVersion: null, subscriptions: [], messages: 0, layout: null };

async function post(url: string, path: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
  return fetch(`${url}${path}`, { method: "POST", body });
}

test("a parsed body reaches the use case, and its view comes back with times in RFC 3339", async () => {
  const asked: CreateTopic[] = [];
  const server = await startServer({
    createTopic: async (request) => {
      asked.push(request);
      return VIEW;
    },
  });

  const response = await post(server.url, "/admin/v1/topics", '{"name":"orders","ttl":"3d"}');

  expect(response.status).toBe(201);
  expect(asked).toEqual([{ name: "orders", visibility: "private", ttlMs: 259_200_000, dryRun: false }]);
  expect(topicReply.parse(await response.json()).createdAt).toBe("1970-01-01T00:00:00.000Z");
});

test.each([
  ["no body", "", "invalid_request"],
  ["no JSON", "{", "invalid_json"],
  ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "invalid_json"],
  ["deep nesting", "[".repeat(100_000), "invalid_json"],
  ["another type", "[]", "invalid_request"],
  ["a missing field", "{}", "invalid_request"],
  ["a field of another type", '{"name":1}', "invalid_request"],
  ["a field that nobody knows", '{"name":"a","shards":3}', "invalid_request"],
  ["the prototype", '{"name":"a","__proto__":{"ttl":"1h"}}', "invalid_request"],
  ["a duration without a unit", '{"name":"a","ttl":"3"}', "invalid_request"],
  ["a duration out of bounds", '{"name":"a","ttl":"8d"}', "invalid_request"],
])("a body that is %s is 400 and reaches no use case", async (_what, body, code) => {
  const server = await startServer();

  const error = await refused(await post(server.url, "/admin/v1/topics", body));

  expect(error).toMatchObject({ status: 400, code });
  expect(error.problems?.length).toBeGreaterThan(0);
});

test.each([
  ['{"name":"a","ttl":"8d"}', "The time to live is 8d; it must be between 1h and 7d."],
  ['{"name":1}', "The body is not right: /name Invalid input: expected string, received number"],
])("the message for %s is a sentence that says what is wrong", async (body, message) => {
  const server = await startServer();

  const error = await refused(await post(server.url, "/admin/v1/topics", body));

  expect(error.message).toBe(message);
});

test("every problem of a body is named with its pointer", async () => {
  const server = await startServer();

  const error = await refused(await post(server.url, "/admin/v1/topics", '{"name":1,"ttl":"x","visibility":"secret"}'));

  expect(error.problems?.map(({ pointer }) => pointer)).toEqual(["/name", "/visibility", "/ttl"]);
});

test.each(["?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?payload=yes", "?page=2"])(
  "the query %s is 400",
  async (query) => {
    const server = await startServer();

    const response = await fetch(`${server.url}/admin/v1/subscriptions/billing/dead-letters${query}`);

    expect(await refused(response)).toMatchObject({ status: 400, code: "invalid_request" });
  },
);

test("a query or a body that a route does not know is refused, not ignored", async () => {
  const server = await startServer();

  const query = await fetch(`${server.url}/admin/v1/topics?limit=5`);
  const body = await post(server.url, "/admin/v1/subscriptions/billing/pause", '{"for":"1h"}');

  expect(await refused(query)).toMatchObject({ status: 400, problems: [{ pointer: "" }] });
  expect(await refused(body)).toMatchObject({ status: 400, problems: [{ pointer: "" }] });
});

test("an admin body may be larger than a payload, and is bounded", async () => {
  const server = await startServer({ createTopic: async () => VIEW });
  const send = (length: number) =>
    post(server.url, "/admin/v1/topics", JSON.stringify({ name: "a", schema: `{"title":"${"x".repeat(length)}"}` }));

  const [fits, over] = [await send(500_000), await send(1_048_576)];

  expect(fits.status).toBe(201);
  expect(await refused(over)).toMatchObject({ status: 413, code: "payload_too_large" });
});

test("a dead letter shows what was stored, as text where it is text", async () => {
  const message = { id: "o-1", offset: 7, timeMs: 0, attributes: [["a", "b"] as const] };
  const payloads = [Buffer.from('{"a":1e400}'), Buffer.from([0xff])];
  const entries = payloads.map((payload) => ({ shard: 0, message: { ...message, payload }, state: "dead" as const }));
  const server = await startServer({ listDeadLetters: async () => ({ entries, total: 2, setAside: 0, next: null }) });
  const list = async (query: string) => {
    const response = await fetch(`${server.url}/admin/v1/subscriptions/billing/dead-letters${query}`);
    return (await response.json()) as { items: { payload?: string; payloadBase64?: string; position: string }[] };
  };

  const [without, withPayload] = [await list(""), await list("?payload=true")];

  expect(without.items.map(({ payload }) => payload)).toEqual([undefined, undefined]);
  expect(withPayload.items).toMatchObject([{ payload: '{"a":1e400}', position: "0:7" }, { payloadBase64: "/w==" }]);
});

test("a key that is not printable is shown in base64", async () => {
  const message = { id: "o-1", offset: 7, timeMs: 0, attributes: [], payload: Buffer.from("1") };
  const entries = [{ shard: 1, message: { ...message, native: { keyBase64: "/wA=" } } }];
  const server = await startServer({ readMessages: async () => ({ entries, damaged: [], next: "1:8", atEnd: true }) });

  const response = await fetch(`${server.url}/admin/v1/topics/orders/messages`);

  expect(await response.json()).toMatchObject({ items: [{ key: null, keyBase64: "/wA=", position: "1:7" }] });
});
