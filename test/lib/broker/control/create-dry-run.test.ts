import { expect, it } from "vitest";
import type { CreateSubscription } from "../../../../src/lib/broker/requests/subscriptions.ts";
import { memoryStorage } from "../../../../src/lib/engine/memory/storage.ts";
import { createCompileSchema } from "../../../../src/lib/schemas/compile.ts";
import { ENDPOINT, openTestBroker } from "../../../support/broker.ts";

const HOUR_MS = 3_600_000;
const BILLING: CreateSubscription = { name: "billing", topic: "orders", endpoint: ENDPOINT };

async function open() {
  const storage = memoryStorage();
  const test = await openTestBroker({ storage, compileSchema: createCompileSchema() });
  return { ...test, storage };
}

it("a dry run of a creation says what it would be, and makes nothing", async () => {
  const { broker, storage } = await open();
  const before = structuredClone(storage);

  const topic = await broker.createTopic({ name: "orders", visibility: "public", schema: "true", dryRun: true });
  const view = await broker.createSubscription({ ...BILLING, maxInFlight: 7, dryRun: true });

  expect(topic).toMatchObject({ topic: { name: "orders", visibility: "public" }, schemaVersion: 1 });
  expect(view.subscription).toMatchObject({ name: "billing", topic: "orders", maxInFlight: 7 });
  expect(storage).toEqual(before);
});

it("a dry run refuses what the creation would refuse", async () => {
  const { broker } = await open();
  await broker.createTopic({ name: "orders", visibility: "private" });
  await broker.createSubscription(BILLING);
  const topic = (name: string, schema?: string) =>
    broker.createTopic({ name, visibility: "private", dryRun: true, ...(schema !== undefined && { schema }) });
  const subscription = (more: Partial<CreateSubscription>) =>
    broker.createSubscription({ ...BILLING, name: "other", ...more, dryRun: true });

  await expect(topic("orders")).rejects.toMatchObject({ code: "topic_exists" });
  await expect(topic("others", '{"type":"no"}')).rejects.toMatchObject({ code: "schema_invalid" });
  await expect(subscription({ name: "billing" })).rejects.toMatchObject({ code: "subscription_exists" });
  await expect(subscription({ endpoint: "ftp://here" })).rejects.toMatchObject({ code: "endpoint_forbidden" });
  await expect(subscription({ timeoutMs: 1 })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(subscription({ deadLetterTtlMs: 1 })).rejects.toMatchObject({ code: "invalid_request" });
  await expect(subscription({ deadLetterTopic: "no" })).rejects.toMatchObject({ code: "invalid_request" });
});

it("without a dry run a topic that is not there stays an error", async () => {
  const { broker } = await open();

  await expect(broker.createSubscription(BILLING)).rejects.toMatchObject({ code: "topic_not_found" });
});

it("a dead letter topic that is made with a subscription keeps its messages as long as was asked for; one that is there stays", async () => {
  const { broker } = await open();
  await broker.createTopic({ name: "orders", visibility: "private" });

  await broker.createSubscription({ ...BILLING, deadLetterTopic: "shared_errors", deadLetterTtlMs: 2 * HOUR_MS });
  await broker.createSubscription({
    ...{ ...BILLING, name: "second", deadLetterTopic: "shared_errors", deadLetterTtlMs: 3 * HOUR_MS },
  });

  expect((await broker.describeTopic("shared_errors")).topic.ttlMs).toBe(2 * HOUR_MS);
});

it("one that is created paused was never active", async () => {
  const { broker, engine } = await open();
  await broker.createTopic({ name: "orders", visibility: "private" });

  await broker.createSubscription({ ...BILLING, state: "paused" });

  expect(await engine.catalog.get("subscription", "billing")).toMatchObject({ version: 1, value: { state: "paused" } });
});
