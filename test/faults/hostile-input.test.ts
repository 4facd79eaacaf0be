import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, expect } from "vitest";
import { errorReply } from "../../src/lib/api/error.ts";
import { ROUTES } from "../../src/lib/api/routes.ts";
import { databaseProblem } from "../../src/lib/domain/database-address.ts";
import { nameProblem } from "../../src/lib/domain/names.ts";
import type { MemoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { memoryStorage } from "../../src/lib/engine/memory/storage.ts";
import { createCompileSchema } from "../../src/lib/schemas/compile.ts";
import type { Server } from "../../src/lib/server/server.ts";
import { ENDPOINT, openTestBroker, type TestBroker } from "../support/broker.ts";
import { askedSource, SHOP } from "../support/connector-control.ts";
import { serverOf } from "../support/server.ts";
import {
  adminPost,
  body,
  CONNECTOR,
  connectorChange,
  headerName,
  headerValue,
  jsonSchema,
  name,
  path,
  TOPIC,
} from "./arbitrary.ts";
import { exchange, exchangeBytes, type RawReply, type RawRequest } from "./raw-http.ts";

const storage: MemoryStorage = memoryStorage();
let tested: TestBroker;
let server: Server;
let port = 0;
let topicId = "";

beforeAll(async () => {
  const sources = { postgresql: askedSource() };
  tested = await openTestBroker({ storage, sources, compileSchema: createCompileSchema() });
  await tested.broker.createTopic({ name: TOPIC, visibility: "private" });
  await tested.broker.createSubscription({ name: "billing", topic: TOPIC, endpoint: ENDPOINT });
  [topicId = ""] = [...storage.topics.keys()];
  await tested.broker.createConnector({ ...SHOP, name: CONNECTOR });
  server = await serverOf(tested.broker);
  port = Number(new URL(server.url).port);
});

afterAll(async () => {
  await server.close();
  await tested.broker.stop(0);
});

/** Nothing delivers here, so that nothing changes by itself: what only the owner of a subscription can do is refused, to be tried again. */
const NOT_OWNED = { status: 503, code: '"broker_starting"' };

/** Everything that is stored, as text. */
function state(): string {
  const topics = [...storage.topics].map(([id, { shards, remembered }]) => {
    return [id, shards.map(({ start, end, records }) => [start, end, records.length]), remembered.size];
  });
  const positions = [...storage.cursors].map(([id, cursors]) => [id, [...cursors.values()]]);
  return JSON.stringify([[...storage.documents.values()], topics, positions, [...storage.parked.keys()]]);
}

/** Sends it and holds the answer to what is promised for every request: an answer, no 5XX, and a refusal that changed nothing. */
async function send(request: RawRequest): Promise<RawReply> {
  const before = state();
  const reply = await exchange(port, request);
  if (reply === undefined) throw new Error("The connection was closed without an answer.");
  if (reply.status !== NOT_OWNED.status || !reply.text.includes(NOT_OWNED.code)) {
    expect(reply.status, reply.text).toBeLessThan(500);
  }
  if (reply.status >= 400) {
    expect(errorReply.parse(JSON.parse(reply.text)).error.message).not.toBe("");
    expect(state()).toBe(before);
  }
  return reply;
}

function lastStored() {
  return storage.topics.get(topicId)?.shards[0]?.records.at(-1);
}

const encode = (text: string) => new TextEncoder().encode(text);

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

test.prop([body], { numRuns: 300 })(
  "a body is stored byte for byte when it is JSON, and is refused otherwise",
  async (bytes) => {
    const reply = await send({ path: `/publish/${TOPIC}`, body: bytes });

    expect(reply.status, reply.text).toBe(isJson(bytes) ? 200 : 400);
    if (reply.status === 200) expect(Buffer.from(lastStored()?.payload ?? []).equals(bytes)).toBe(true);
  },
);

test.prop([fc.oneof(fc.integer({ min: 97, max: 104 }), fc.nat(220)), fc.constantFrom(["[", "]"], ['{"a":', "}"])], {
  numRuns: 60,
})("a body is taken up to 100 levels and refused from 101 on", async (depth, [open = "", close = ""]) => {
  const text = `${open.repeat(depth)}1${close.repeat(depth)}`;

  expect((await send({ path: `/publish/${TOPIC}`, body: encode(text) })).status).toBe(depth <= 100 ? 200 : 400);
});

test.prop([fc.array(fc.tuple(headerName, headerValue), { maxLength: 6 })], { numRuns: 300 })(
  "headers are stored as they came or the message is refused",
  async (headers) => {
    const reply = await send({ path: `/publish/${TOPIC}`, headers, body: encode("1") });

    if (reply.status !== 200) return;
    const stored = lastStored();
    const sent = new Map(
      headers.map(([name, value]) => [name.toLowerCase(), value.replaceAll(/^[ \t]+|[ \t]+$/g, "")]),
    );
    expect(sent.get("x-kb-messageid") ?? stored?.id).toBe(stored?.id);
    expect(stored?.key).toBe(sent.get("x-kb-key"));
    const attributes = [...sent].filter(([name]) => !["x-kb-messageid", "x-kb-key"].includes(name));
    expect(new Map(stored?.attributes)).toEqual(new Map(attributes));
  },
);

test.prop([name], { numRuns: 200 })(
  "a topic is created when its name is right, and refused otherwise",
  async (given) => {
    const free = ![...storage.documents.values()].some(
      (document) => document.kind === "topic" && document.name.replaceAll(".", "_") === given.replaceAll(".", "_"),
    );
    const reply = await send({ path: ROUTES.topicCreate.path, body: encode(JSON.stringify({ name: given })) });

    expect(reply.status, reply.text).toBe(nameProblem("topic", given) !== undefined ? 400 : free ? 201 : 409);
  },
);

test.prop([fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"), path, body], { numRuns: 200 })(
  "whatever stands in the path, the broker answers, and a refusal changes nothing",
  async (method, given, bytes) => {
    const before = state();
    const reply = await exchange(port, { method, path: given, body: bytes });

    expect(reply?.status, reply?.text).toBeLessThan(500);
    if (reply !== undefined && reply.status >= 400) expect(state()).toBe(before);
  },
);

test.prop([adminPost], { numRuns: 400 })(
  "whatever an admin request holds, the broker answers, and a refusal changes nothing",
  async ({ path: to, value }) => {
    const reply = await send({ path: to, body: encode(JSON.stringify(value)) });

    expect(reply.status).toBeGreaterThanOrEqual(200);
  },
);

test.prop([connectorChange, fc.constantFrom("PATCH", "POST")], { numRuns: 300 })(
  "whatever a change of a connector holds, the broker answers, a refusal changes nothing, and a table stays",
  async (value, method) => {
    const { connectorUpdate, connectorRestart } = ROUTES;
    const route = method === "PATCH" ? connectorUpdate : connectorRestart;
    await send({ method, path: route.path.replace(":name", CONNECTOR), body: encode(JSON.stringify(value)) });

    const { connector } = await tested.broker.describeConnector(CONNECTOR);
    expect(connector.tables.length).toBeGreaterThan(0);
    expect(databaseProblem(connector.database)).toBeUndefined();
  },
);

test.prop([jsonSchema, fc.jsonValue()], { numRuns: 200 })(
  "whatever a schema says, it is refused or judges payloads",
  async (schema, payload) => {
    const name = `with-schema-${storage.documents.size}`;
    const topic = { name, visibility: "public", schema: JSON.stringify(schema) };
    const created = await send({ path: ROUTES.topicCreate.path, body: encode(JSON.stringify(topic)) });

    const published = await send({ path: `/publish/${name}`, body: encode(JSON.stringify(payload)) });

    expect([200, 422]).toContain(created.status === 201 ? published.status : 200);
  },
);

test.prop([fc.uint8Array({ maxLength: 300 })], { numRuns: 100 })(
  "bytes that are no HTTP change nothing, and the broker goes on answering",
  async (bytes) => {
    const before = state();
    const answer = await exchangeBytes(port, bytes);

    expect(answer === "" ? 400 : Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])).toBeLessThan(500);
    expect(state()).toBe(before);
    expect((await exchange(port, { method: "GET", path: "/_/health" }))?.status).toBe(200);
  },
);
