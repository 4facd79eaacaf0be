import { describe, expect, it } from "vitest";
import { RETRY_DEFAULT } from "../../../../src/lib/domain/retry.ts";
import { bytes, ENDPOINT } from "../../../support/broker.ts";
import { answered, ok, refused } from "../../../support/consumer.ts";
import { type Life, openLife } from "../../../support/lifecycle.ts";
import { settle } from "../../../support/manual-clock.ts";

const HOUR_MS = 3_600_000;
const OTHER = "http://127.0.0.1:9001/events";

async function opened(): Promise<Life> {
  const life = await openLife();
  await life.broker.createTopic({ name: "orders", visibility: "private", ttlMs: 24 * HOUR_MS });
  return life;
}

const endpoints = ({ consumer }: Life) =>
  consumer.received.map(({ id, push }) => `${id}>${new URL(push.endpoint).port}`);

describe("subscription update", () => {
  it("shows old and new, and says so when there is nothing to change", async () => {
    const life = await opened();
    await life.subscribe("billing");
    const request = { endpoint: OTHER, retryDelaysMs: [1_000, 90_000], timeoutMs: 10_000, maxInFlight: 7 };

    const updated = await life.broker.updateSubscription("billing", request);
    const before = structuredClone(life.storage.documents);
    const again = await life.broker.updateSubscription("billing", request);

    expect(updated.changes).toEqual([
      { setting: "endpoint", from: ENDPOINT, to: OTHER },
      { setting: "retryDelays", from: "default", to: "1s,1m30s" },
      { setting: "timeout", from: "30s", to: "10s" },
      { setting: "maxInFlight", from: "100", to: "7" },
    ]);
    expect(updated.subscription).toMatchObject({ endpoint: OTHER, timeoutMs: 10_000, maxInFlight: 7 });
    expect(again.changes).toEqual([]);
    expect(life.storage.documents).toEqual(before);
  });

  it("gives the default delays back", async () => {
    const life = await opened();
    await life.subscribe("billing", { retryDelaysMs: [1] });

    const { subscription } = await life.broker.updateSubscription("billing", { retryDelaysMs: null });

    expect(subscription.retry).toEqual(RETRY_DEFAULT);
  });

  it.each([
    ["an endpoint that is none", { endpoint: "ftp://x", timeoutMs: 5_000 }, "endpoint_forbidden"],
    ["a timeout out of bounds", { endpoint: OTHER, timeoutMs: 1 }, "invalid_request"],
    ["a window out of bounds", { endpoint: OTHER, maxInFlight: 0 }, "invalid_request"],
    ["no delays", { endpoint: OTHER, retryDelaysMs: [] }, "invalid_request"],
  ])("of %s changes nothing", async (_what, request, code) => {
    const life = await opened();
    await life.subscribe("billing");
    const before = structuredClone(life.storage.documents);

    await expect(life.broker.updateSubscription("billing", request)).rejects.toMatchObject({ code });

    expect(life.storage.documents).toEqual(before);
  });

  it("--endpoint takes effect without a lost or doubled message: what is in flight to the old one finishes and counts", async () => {
    const life = await opened();
    await life.subscribe("billing", { maxInFlight: 2 });
    life.consumer.script(({ push }) => (push.endpoint === ENDPOINT ? "hold" : ok));
    for (const id of ["a", "b", "c", "d"])
      await life.broker.publish({ topic: "orders", id, attributes: [], payload: bytes("1") });
    await settle();

    await life.broker.updateSubscription("billing", { endpoint: OTHER });
    life.consumer.answer("a", ok);
    await settle();
    life.consumer.answer("b", answered(503));
    await life.pass(10_000);

    expect(endpoints(life)).toEqual(["a>9000", "b>9000", "c>9001", "d>9001", "b>9001"]);
    expect(await life.broker.lag("billing")).toMatchObject({ lag: 0, parked: 0, deadLetters: 0 });
  });

  it("--endpoint tries the new one at once, however long nobody was at the old one", async () => {
    const life = await opened();
    await life.subscribe("billing");
    life.consumer.script(({ push }) => (push.endpoint === ENDPOINT ? refused : ok));
    await life.publish("orders", "a", "b", "c", "d");
    await life.pass(60_000);
    const tried = life.consumer.received.length;

    await life.broker.updateSubscription("billing", { endpoint: OTHER });
    await life.broker.idle();

    expect(endpoints(life).slice(tried).sort()).toEqual(["a>9001", "b>9001", "c>9001", "d>9001"]);
    expect(await life.broker.lag("billing")).toMatchObject({ lag: 0, health: "ok" });
  });

  it("keeps what somebody else changes at the same time", async () => {
    const life = await opened();
    await life.subscribe("billing");
    const put = life.engine.catalog.put;
    let rivals = 1;
    life.engine.catalog.put = async (kind, name, value, expected) => {
      if (rivals-- > 0) {
        const rival = { ...(await life.broker.describeSubscription("billing")).subscription, state: "paused" };
        await put("subscription", "billing", rival, expected);
      }
      return put(kind, name, value, expected);
    };

    const { subscription } = await life.broker.updateSubscription("billing", { endpoint: OTHER });

    expect(subscription).toMatchObject({ state: "paused", endpoint: OTHER });
  });
});

describe("topic update", () => {
  it("shows old and new, and says so when there is nothing to change", async () => {
    const life = await opened();
    await life.broker.createSchema("orders", "true");
    const request = { ttlMs: 3 * HOUR_MS, visibility: "public", dryRun: false } as const;

    const { changes, topic } = await life.broker.updateTopic("orders", request);
    const again = await life.broker.updateTopic("orders", request);

    expect(changes).toEqual([
      { setting: "ttl", from: "1d", to: "3h" },
      { setting: "visibility", from: "private", to: "public" },
    ]);
    expect(topic).toMatchObject({ ttlMs: 3 * HOUR_MS, visibility: "public" });
    expect(again.changes).toEqual([]);
  });

  it("private to public needs a schema first, and names the command", async () => {
    const { broker } = await opened();

    await expect(broker.updateTopic("orders", { visibility: "public", dryRun: false })).rejects.toMatchObject({
      code: "schema_required",
      hint: "kbroker schema create orders --file schema.json",
    });
  });

  it("public to private only with at most 5 subscriptions", async () => {
    const life = await openLife();
    await life.broker.createTopic({ name: "orders", visibility: "public", schema: "true" });
    for (const name of ["a", "b", "c", "d", "e", "f"]) await life.subscribe(name);
    const toPrivate = () => life.broker.updateTopic("orders", { visibility: "private", dryRun: false });

    await expect(toPrivate()).rejects.toMatchObject({
      code: "subscription_limit",
      message: 'A private topic has at most 5 subscriptions, and "orders" has 6: a, b, c, d, e, f.',
    });
    await life.broker.deleteSubscription("f", { purgeErrors: true, dryRun: false });

    expect(await toPrivate()).toMatchObject({ topic: { visibility: "private" } });
  });

  it.each([
    ["59 minutes", { ttlMs: HOUR_MS - 60_000 }],
    ["8 days", { ttlMs: 8 * 24 * HOUR_MS, visibility: "private" as const }],
  ])("to %s changes nothing", async (_what, request) => {
    const life = await opened();
    const before = structuredClone(life.storage.documents);

    const update = life.broker.updateTopic("orders", { ...request, dryRun: false });

    await expect(update).rejects.toMatchObject({ code: "invalid_request" });
    expect(life.storage.documents).toEqual(before);
  });

  it("a dead letter topic may be kept shorter, and is neither public nor private", async () => {
    const life = await opened();
    await life.subscribe("billing");

    const { topic } = await life.broker.updateTopic("billing_errors", { ttlMs: HOUR_MS, dryRun: false });
    const shown = life.broker.updateTopic("billing_errors", { visibility: "public", dryRun: false });

    expect(topic.ttlMs).toBe(HOUR_MS);
    await expect(shown).rejects.toMatchObject({ code: "invalid_request" });
  });
});

describe("a shorter time to live by topic update", () => {
  it("says how many messages it removes, and a dry run removes none", async () => {
    const life = await opened();
    await life.publish("orders", "old", "old2");
    await life.pass(2 * HOUR_MS);
    await life.publish("orders", "new");

    const said = await life.broker.updateTopic("orders", { ttlMs: HOUR_MS, dryRun: true });
    const before = await life.broker.describeTopic("orders");
    const done = await life.broker.updateTopic("orders", { ttlMs: HOUR_MS, dryRun: false });

    expect([said.expires, before.messages, done.expires, done.messages]).toEqual([2, 3, 2, 1]);
  });

  it("applies to existing messages: what waits behind a pause expires, is counted, and is trimmed", async () => {
    const life = await opened();
    await life.subscribe("billing");
    await life.broker.pauseSubscription("billing");
    await life.publish("orders", "a", "b");
    await life.pass(2 * HOUR_MS);
    await life.publish("orders", "c");

    await life.broker.updateTopic("orders", { ttlMs: HOUR_MS, dryRun: false });
    await life.pass(10 * 60_000);

    const { topic } = await life.broker.describeTopic("orders");
    expect(await life.broker.lag("billing")).toMatchObject({ lag: 1, expired: 2 });
    expect(await life.engine.log.bounds({ topicId: topic.id, index: 0 })).toEqual({ start: 2, end: 3 });
  });

  it("applies to parked messages: what was tried goes to _errors as expired", async () => {
    const life = await opened();
    await life.subscribe("billing", { retryDelaysMs: [24 * HOUR_MS] });
    life.consumer.script(() => answered(500));
    await life.publish("orders", "a");
    await life.pass(2 * HOUR_MS);

    await life.broker.updateTopic("orders", { ttlMs: HOUR_MS, dryRun: false });
    await life.pass(60_000);

    expect(await life.broker.lag("billing")).toMatchObject({ lag: 0, parked: 0, deadLetters: 1 });
    const { entries } = await life.broker.listDeadLetters("billing", { limit: 1 });
    expect(entries[0]?.message.attributes).toContainEqual(["error-class", "expired"]);
  });

  it("and a longer one after it keeps what is still there longer, and brings nothing back that expired", async () => {
    const life = await opened();
    await life.subscribe("billing");
    await life.broker.pauseSubscription("billing");
    await life.publish("orders", "old");
    await life.pass(2 * HOUR_MS);
    await life.publish("orders", "new");
    await life.broker.updateTopic("orders", { ttlMs: HOUR_MS, dryRun: false });
    await life.pass(60_000);

    await life.broker.updateTopic("orders", { ttlMs: 24 * HOUR_MS, dryRun: false });
    await life.pass(5 * HOUR_MS);
    await life.broker.resumeSubscription("billing");
    await life.broker.idle();

    expect(life.consumer.log()).toBe("new");
    expect(await life.broker.lag("billing")).toMatchObject({ lag: 0, expired: 1 });
  });

  it("holds for a subscription that is being opened at that moment", async () => {
    const life = await opened();
    await life.publish("orders", "a");
    await life.pass(2 * HOUR_MS);
    const { get, put } = life.engine.catalog;
    let updates = 1;
    life.engine.catalog.get = async (kind, name) => {
      const document = await get(kind, name);
      if (name === "orders" && updates-- > 0) {
        const { topic } = await life.broker.describeTopic("orders");
        await put("topic", "orders", { ...topic, ttlMs: HOUR_MS }, 1);
      }
      return document;
    };
    await life.subscribe("billing");
    await life.pass(60_000);

    expect(life.consumer.log()).toBe("");
  });
});
