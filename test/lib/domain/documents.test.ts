import { describe, expect, it } from "vitest";
import { isJob, isSubscription, isTopic, isTopicSchema } from "../../../src/lib/domain/documents.ts";
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

describe.each([
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
