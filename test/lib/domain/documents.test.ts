import { describe, expect, it } from "vitest";
import {
  isConnector,
  isConnectorReport,
  isJob,
  isSubscription,
  isTopic,
  isTopicSchema,
} from "../../../src/lib/domain/documents.ts";
import { RETRY_DEFAULT } from "../../../src/lib/domain/retry.ts";
import { moveJob, redriveJob } from "../../support/jobs.ts";

const topic = { name: "a", id: "1", visibility: "public", purpose: "messages", ttlMs: 1, createdAtMs: 2 };
const schema = { topic: "a", topicId: "1", version: 1, definition: "{}", createdAtMs: 2 };
const subscription = {
  name: "s",
  id: "2",
  topic: "a",
  topicId: "1",
  endpoint: "http://127.0.0.1/",
  state: "active",
  retry: RETRY_DEFAULT,
  timeoutMs: 1,
  maxInFlight: 1,
  deadLetterTopic: "s_errors",
  generation: 0,
  createdAtMs: 2,
};

const connector = {
  name: "shop",
  id: "3",
  kind: "postgresql",
  product: "shop",
  database: { host: "db", port: 5432, database: "shop", user: "kbroker", tls: "verify-full" },
  tables: [{ schema: "public", table: "orders", topic: "cdc_shop-shop_orders", topicId: "1" }],
  slot: "kbroker_shop_3",
  publication: "kbroker_shop_3",
  ownsPublication: true,
  snapshot: "initial",
  onOversize: "stop",
  retainedBytesWarn: 1,
  state: "active",
  generation: 0,
  incarnation: 0,
  createdAtMs: 2,
};
const fault = { code: "slot_in_use", message: "Somebody else reads.", hint: "Wait." };
const progress = { schema: "public", table: "orders", rows: 1, rowsExpected: null, done: false };
const report = {
  incarnation: 0,
  status: "retrying",
  sinceMs: 1,
  fault,
  warnings: [fault],
  retryAtMs: 2,
  position: "0/1",
  snapshot: { tables: [progress] },
  counts: { changes: 1, duplicates: 0, oversize: 0 },
  lastChangeAtMs: null,
  lag: { bytes: 1, ms: 1 },
  retainedBytes: null,
  measuredAtMs: null,
};

describe.each([
  ["connector", isConnector, connector],
  ["report", (value: unknown) => isConnectorReport(withCheckpoint(value)), report],
  ["topic", isTopic, topic],
  ["schema", isTopicSchema, schema],
  ["subscription", isSubscription, subscription],
  ["rewind", isJob, moveJob({ saved: [{ shard: 0, cursor: "1A" }], messages: 1 })],
  ["undo", isJob, moveJob({ kind: "undo", undone: { job: "j", kind: "skip", generation: 1, saved: [] } })],
  ["redrive", isJob, redriveJob()],
] as const)("a stored %s", (_kind, is, document) => {
  it("is known with all of its fields", () => {
    expect(is(document)).toBe(true);
  });

  it.each(Object.keys(document))("is not known without or with another %s", (field) => {
    const without = Object.fromEntries(Object.entries(document).filter(([name]) => name !== field));

    expect(is(without)).toBe(false);
    expect(is({ ...document, [field]: { not: "this" } })).toBe(false);
  });

  it.each([null, undefined, 1, "topic", []])("is not %j", (value) => {
    expect(is(value)).toBe(false);
  });
});

it("knows a list of delays, and no other policy", () => {
  expect(isSubscription({ ...subscription, retry: { kind: "list", delaysMs: [1, 2] } })).toBe(true);
  expect(isSubscription({ ...subscription, retry: { kind: "list", delaysMs: [-1] } })).toBe(false);
  expect(isSubscription({ ...subscription, retry: { ...RETRY_DEFAULT, kind: "ladder" } })).toBe(false);
  expect(isSubscription({ ...subscription, retry: { ...RETRY_DEFAULT, jitter: "much" } })).toBe(false);
});

function withCheckpoint(value: unknown): unknown {
  return typeof value === "object" && value !== null ? { checkpoint: null, ...value } : value;
}

it("knows a report without anything to tell, and none without a checkpoint", () => {
  const quiet = { ...report, fault: null, retryAtMs: null, position: null, snapshot: null, lag: null, warnings: [] };

  expect(isConnectorReport({ ...quiet, checkpoint: { lsn: "0/1" } })).toBe(true);
  expect(isConnectorReport(quiet)).toBe(false);
  expect(isConnectorReport({ ...quiet, checkpoint: null, startsOver: true })).toBe(true);
  expect(isConnectorReport({ ...quiet, checkpoint: null, startsOver: "yes" })).toBe(false);
});

it.each([
  ["a database without a host", { database: { ...connector.database, host: undefined } }],
  ["a port that is none", { database: { ...connector.database, port: "5432" } }],
  ["a password in clear", { database: { ...connector.database, password: "secret" } }],
  ["another TLS mode", { database: { ...connector.database, tls: "maybe" } }],
  ["a table without a topic", { tables: [{ schema: "public", table: "orders", topicId: "1" }] }],
  ["a deletion that does not say whether the slot stays", { deletion: { atMs: 1, purgeErrors: false } }],
])("knows no connector with %s", (_what, wrong) => {
  expect(isConnector({ ...connector, ...wrong })).toBe(false);
});

it("knows a connector with a password's place, and one that is marked as deleted", () => {
  const password = { kind: "env", name: "KBROKER_SECRET_SHOP" };
  const deletion = { atMs: 1, purgeErrors: false, keepSlot: true };

  expect(isConnector({ ...connector, deletion, database: { ...connector.database, password } })).toBe(true);
});
