import { connect } from "node:net";
import { expect, test } from "vitest";
import { publishReply } from "../../src/lib/api/message.ts";
import { scheduleReply } from "../../src/lib/api/schedule.ts";
import { eventually, refusal, startBroker, startConsumer } from "./http.ts";

const E2E = { timeout: 60_000 };

/** A broker with the topic `orders` and the subscription `billing` to a consumer. */
async function orders() {
  const [broker, consumer] = await Promise.all([startBroker(), startConsumer()]);
  await broker.admin("topicCreate", "", { name: "orders" });
  await broker.admin("subscriptionCreate", "", { name: "billing", topic: "orders", endpoint: consumer.url });
  return { broker, consumer };
}

test("the platform's documented publish call works as it is written", E2E, async () => {
  const { broker, consumer } = await orders();
  const authToken = "token";

  const response = await fetch(`${broker.url}/publish/orders`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: `Bearer ${authToken}`,
    },
    body: JSON.stringify({ orderId: "123", status: "completed" }),
  });

  expect(response.status).toBe(200);
  expect(publishReply.parse(await response.json())).toMatchObject({ topic: "orders", duplicate: false });
  const [push] = await consumer.received(1);
  expect(push?.body.toString()).toBe('{"orderId":"123","status":"completed"}');
  expect(push?.headers).not.toHaveProperty("authorization");
});

test("the platform's documented call for a scheduled message works as it is written", E2E, async () => {
  const { broker } = await orders();
  const authToken = "token";
  const payload = { orderId: "123" };
  const beforeMs = Date.now();

  const response = await fetch(`${broker.url}/scheduled/orders`, {
    method: "POST",
    headers: {
      "X-KB-ScheduledMinutes": "10", // 10 minutes delay (min: 5)
      Authorization: `Bearer ${authToken}`,
    },
    body: JSON.stringify(payload),
  });

  expect(response.status).toBe(202);
  const { id, topic, scheduledFor } = scheduleReply.parse(await response.json());
  const [item] = (await broker.admin("scheduledList", "orders")).items;
  expect([topic, Date.parse(scheduledFor) - beforeMs >= 600_000]).toEqual(["orders", true]);
  expect(item).toMatchObject({ id, topic, scheduledFor, payloadBytes: 17 });
  expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ scheduled: 1, lag: 0 });
});

const BODIES: readonly string[] = [
  '{"a":1,"a":2}',
  "1e400",
  "-0.0",
  "123456789012345678901234567890.10",
  ' \t\r\n{ "a" : [ 1 , 2 ] }\n',
  '"\\u0000\\ud800 \\/"',
  '"žluťoučký 🐎 \u2028"',
  '"\u007f"',
  "null",
  '{"__proto__":{"a":1},"constructor":null}',
  `${"[".repeat(100)}${"]".repeat(100)}`,
  `"${"x".repeat(65_534)}"`,
];

test("what is delivered is what was published, byte for byte, whatever the content type", E2E, async () => {
  const { broker, consumer } = await orders();
  const types = ["application/json", "text/plain", "application/xml", "nonsense", undefined];

  for (const [index, body] of BODIES.entries()) {
    const type = types[index % types.length];
    const headers = { "X-KB-MessageID": `m-${index}`, ...(type !== undefined && { "Content-Type": type }) };
    const response = await broker.publish("orders", new TextEncoder().encode(body), headers);
    expect([body.slice(0, 40), response.status]).toEqual([body.slice(0, 40), 200]);
  }

  const pushes = await consumer.received(BODIES.length);
  const byId = new Map(pushes.map((push) => [push.headers["x-kb-messageid"], push]));
  for (const [index, body] of BODIES.entries()) {
    expect(byId.get(`m-${index}`)?.body.toString()).toBe(body);
    expect(byId.get(`m-${index}`)?.contentType).toBe("application/json");
  }
});

test(
  "a push carries what the publisher gave and what the broker knows, and nothing else of the request",
  E2E,
  async () => {
    const { broker, consumer } = await orders();
    const attributes = {
      ...{
        "event-type": "created",
        "correlation-id": "c",
        "conversation-id": "d",
        "schema-version": "1",
        source: "shop",
      },
      ...{ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=b" },
      ...{ "x-kb-attr-zone": "eu west ~", "x-kb-attr-empty": "" },
    };

    const response = await broker.publish("orders", "{}", {
      ...attributes,
      ...{ "X-KB-MessageID": "o:1_a-B", "X-KB-Key": "customer 7", Cookie: "secret", "X-Forwarded-For": "1.2.3.4" },
    });

    const { publishTime } = publishReply.parse(await response.json());
    const [push] = await consumer.received(1);
    expect(push?.headers).toMatchObject({
      ...attributes,
      ...{ "x-kb-messageid": "o:1_a-B", "x-kb-key": "customer 7", "x-kb-publishtime": publishTime },
      ...{ "x-kb-topic": "orders", "x-kb-subscription": "billing", "x-kb-deliveryattempt": "1" },
    });
    expect(push?.headers).not.toHaveProperty("cookie");
    expect(push?.headers).not.toHaveProperty("x-forwarded-for");
  },
);

test("an id published again is told and not delivered again; with other bytes it is a conflict", E2E, async () => {
  const { broker, consumer } = await orders();
  const publish = (body: string) => broker.publish("orders", body, { "X-KB-MessageID": "o-1" });

  const first = publishReply.parse(await (await publish('{"a":1}')).json());
  const again = publishReply.parse(await (await publish('{"a":1}')).json());
  const other = await refusal(await publish('{"a": 1}'));
  await broker.publish("orders", '"last"');

  expect([first.duplicate, again.duplicate]).toEqual([false, true]);
  expect(again.publishTime).toBe(first.publishTime);
  expect(other).toMatchObject({ status: 409, code: "message_id_conflict" });
  const pushes = await consumer.received(2);
  expect(pushes.map(({ body }) => body.toString()).toSorted()).toEqual(['"last"', '{"a":1}']);
});

interface Refused {
  readonly what: string;
  readonly topic?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly expected: object;
}

const place = (line: number, column: number) => [expect.objectContaining({ line, column })];
const json = (line: number, column: number) => ({ status: 400, code: "invalid_json", problems: place(line, column) });
const invalid = (text: string) => ({ status: 400, code: "invalid_request", message: expect.stringContaining(text) });
const many = (count: number, value = "v") =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-KB-Attr-${index}`, value]));

const REFUSED: readonly Refused[] = [
  { what: "an empty body", body: "", expected: json(1, 1) },
  { what: "what is not JSON", body: '{\n  "a": 1,\n  b: 2\n}', expected: json(3, 3) },
  { what: "two values", body: "{}\n{}", expected: json(2, 1) },
  { what: "a byte order mark", body: "\ufeff{}", expected: json(1, 1) },
  { what: "what is not UTF-8", body: new Uint8Array([0x22, 0x61, 0xff, 0x22]), expected: json(1, 3) },
  { what: "101 levels", body: "[".repeat(101) + "]".repeat(101), expected: json(1, 101) },
  { what: "65 537 bytes", body: `"${"x".repeat(65_535)}"`, expected: { status: 413, code: "payload_too_large" } },
  {
    what: "a misspelt topic",
    topic: "ordrs",
    expected: { status: 404, code: "topic_not_found", hint: hintOf("orders") },
  },
  { what: "an unknown topic", topic: "warehouse", expected: { status: 404, code: "topic_not_found" } },
  { what: "a topic in another case", topic: "Orders", expected: { status: 404, code: "topic_not_found" } },
  { what: "a dead letter topic", topic: "billing_errors", expected: { status: 400, code: "invalid_request" } },
  {
    what: "a public topic without a schema",
    topic: "news",
    expected: { status: 409, code: "schema_required", hint: expect.stringContaining("kbroker schema create news") },
  },
  {
    what: "what does not fit the schema",
    topic: "typed",
    body: '{"id":\n"x"}',
    expected: {
      status: 422,
      code: "schema_mismatch",
      problems: [expect.objectContaining({ pointer: "/id", line: 2 })],
    },
  },
  { what: "an id with a blank", headers: { "X-KB-MessageID": "a b" }, expected: invalid("X-KB-MessageID") },
  { what: "an id of 129", headers: { "X-KB-MessageID": "a".repeat(129) }, expected: invalid("X-KB-MessageID") },
  { what: "a key of 257 bytes", headers: { "X-KB-Key": "k".repeat(257) }, expected: invalid("X-KB-Key") },
  { what: "a key that is not ASCII", headers: { "X-KB-Key": "café" }, expected: invalid("X-KB-Key") },
  { what: "an attribute that is not ASCII", headers: { "Event-Type": "café" }, expected: invalid("event-type") },
  { what: "33 attributes", headers: many(33), expected: invalid("33") },
  { what: "attributes over 8 KB", headers: many(9, "v".repeat(1_000)), expected: invalid("bytes") },
  {
    what: "headers over 16 KB",
    headers: many(20, "v".repeat(1_000)),
    expected: { status: 431, code: "headers_too_large" },
  },
  { what: "a web page", headers: { Origin: "https://evil.example" }, expected: { status: 403, code: "forbidden" } },
  { what: "another site", headers: { "Sec-Fetch-Site": "cross-site" }, expected: { status: 403, code: "forbidden" } },
];

function hintOf(text: string): unknown {
  return expect.stringContaining(text);
}

test("what is refused is refused with its own status, and nothing of it is kept", E2E, async () => {
  const { broker, consumer } = await orders();
  await broker.admin("topicCreate", "", { name: "news", visibility: "public" });
  const schema = JSON.stringify({ type: "object", properties: { id: { type: "integer" } } });
  await broker.admin("topicCreate", "", { name: "typed", schema });
  const before = await broker.admin("topicList", "");

  for (const { what, topic = "orders", body = "{}", headers = {}, expected } of REFUSED) {
    const error = await refusal(await broker.publish(topic, body, headers));
    expect({ what, ...error, requestId: error.requestId.length > 0 }).toMatchObject({
      what,
      ...expected,
      requestId: true,
    });
  }

  expect(await broker.admin("topicList", "")).toEqual(before);
  await broker.publish("orders", '"after"');
  expect((await consumer.received(1)).map(({ body }) => body.toString())).toEqual(['"after"']);
});

test("a body that comes too slowly is 408 and nothing of it is kept", E2E, async () => {
  const broker = await startBroker({}, { limits: { bodyTimeoutMs: 100, headersTimeoutMs: 10_000 } });
  await broker.admin("topicCreate", "", { name: "orders" });
  const socket = connect(Number(new URL(broker.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });

  socket.write("POST /publish/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n{");
  await new Promise((resolve) => socket.once("close", resolve));

  expect(answer).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
  expect(await broker.admin("topicDescribe", "orders")).toMatchObject({ messages: 0 });
});

test("too much that waits for the disk is 429 with Retry-After, and nothing of it is kept", E2E, async () => {
  const broker = await startBroker({ limits: { backlogCountMax: 0 } });
  await broker.admin("topicCreate", "", { name: "orders" });

  const response = await broker.publish("orders", "{}");

  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refusal(response)).toMatchObject({ status: 429, code: "overloaded" });
  expect(await broker.admin("topicDescribe", "orders")).toMatchObject({ messages: 0 });
});

test("a disk with too little room is 507, and what was stored is still delivered", E2E, async () => {
  const [first, consumer] = await Promise.all([startBroker(), startConsumer()]);
  await first.admin("topicCreate", "", { name: "orders" });
  const subscription = { name: "billing", topic: "orders", endpoint: consumer.url };
  await first.admin("subscriptionCreate", "", subscription);
  await first.admin("subscriptionPause", "billing");
  expect((await first.publish("orders", '"before"')).status).toBe(200);
  await first.close();

  const full = await startBroker({ dataDir: first.dataDir, limits: { freeBytesMin: Number.MAX_SAFE_INTEGER } });
  const response = await full.publish("orders", '"after"');
  await full.admin("subscriptionResume", "billing");

  expect(await refusal(response)).toMatchObject({ status: 507, code: "disk_full" });
  expect((await consumer.received(1)).map(({ body }) => body.toString())).toEqual(['"before"']);
  expect((await full.admin("brokerStatus", "")).refusing).not.toBeNull();
  await eventually(async () => expect(await full.admin("subscriptionLag", "billing")).toMatchObject({ lag: 0 }));
});
