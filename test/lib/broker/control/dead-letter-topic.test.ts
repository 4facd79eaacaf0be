import { describe, expect, it } from "vitest";
import { answered } from "../../../support/consumer.ts";
import { type Life, openLife } from "../../../support/lifecycle.ts";

const KEEP = { purgeErrors: false, dryRun: false };
const PURGE = { purgeErrors: true, dryRun: false };

async function opened(): Promise<Life> {
  const life = await openLife();
  await life.broker.createTopic({ name: "orders", visibility: "private" });
  life.consumer.script(({ id }) => answered(id.startsWith("bad") ? 500 : 200));
  return life;
}

/** Every message whose id begins with "bad" is given up by each of them. */
async function withDead(names: readonly string[], deadLetterTopic?: string): Promise<Life> {
  const life = await opened();
  for (const name of names) {
    await life.subscribe(name, { retryDelaysMs: [1_000], ...(deadLetterTopic !== undefined && { deadLetterTopic }) });
  }
  await life.publish("orders", "bad");
  await life.pass(1_000);
  return life;
}

const dead = async ({ broker }: Life, name: string) => (await broker.listDeadLetters(name, { limit: 10 })).total;

describe("re-creating over a non-empty _errors", () => {
  const billing = { name: "billing", topic: "orders", endpoint: "http://127.0.0.1:9000/events" };

  it("asks: it is refused until it is said what shall become of the dead letters, and nothing is created", async () => {
    const life = await withDead(["billing"]);
    await life.broker.deleteSubscription("billing", KEEP);
    const before = structuredClone(life.storage);

    await expect(life.broker.createSubscription(billing)).rejects.toMatchObject({
      code: "dead_letters_left",
      message: '"billing_errors" holds a dead letter of a subscription that was deleted.',
    });

    expect(life.storage).toEqual(before);
  });

  it("takes them over with --keep-errors", async () => {
    const life = await withDead(["billing"]);
    await life.broker.deleteSubscription("billing", KEEP);

    await life.broker.createSubscription({ ...billing, errors: "keep" });
    await life.broker.idle();

    expect(await dead(life, "billing")).toBe(1);
  });

  it("removes them with --purge-errors", async () => {
    const life = await withDead(["billing"]);
    await life.broker.deleteSubscription("billing", KEEP);
    const before = await life.broker.describeTopic("billing_errors");

    await life.broker.createSubscription({ ...billing, errors: "purge" });
    await life.broker.idle();

    const after = await life.broker.describeTopic("billing_errors");
    expect([await dead(life, "billing"), after.messages]).toEqual([0, 0]);
    expect(after.topic.id).not.toBe(before.topic.id);
    expect(life.storage.topics.has(before.topic.id)).toBe(false);
  });

  it.each(["keep", "purge", undefined] as const)("does not ask over an empty or a missing one: %s", async (errors) => {
    const life = await opened();
    await life.subscribe("billing");
    await life.broker.deleteSubscription("billing", KEEP);

    await life.subscribe("billing", { ...(errors !== undefined && { errors }) });
    await life.broker.deleteSubscription("billing", PURGE);
    await life.subscribe("billing", { ...(errors !== undefined && { errors }) });

    expect(await dead(life, "billing")).toBe(0);
  });

  it("does not ask when all of them have expired", async () => {
    const life = await withDead(["billing"]);
    await life.broker.deleteSubscription("billing", KEEP);
    await life.broker.updateTopic("billing_errors", { ttlMs: 3_600_000, dryRun: false });
    await life.pass(3_600_000);

    await life.subscribe("billing");

    expect(await dead(life, "billing")).toBe(0);
  });
});

describe("a dead letter topic shared by several subscriptions", () => {
  it("is created when it is missing, and holds the dead letters of each", async () => {
    const life = await withDead(["a", "b"], "shared_errors");

    expect(await life.broker.describeTopic("shared_errors")).toMatchObject({
      topic: { purpose: "dead-letter" },
      messages: 2,
    });
    expect([await dead(life, "a"), await dead(life, "b")]).toEqual([1, 1]);
    await expect(life.broker.describeTopic("a_errors")).rejects.toMatchObject({ code: "topic_not_found" });
  });

  it("stays when one of them is deleted, is 409 to delete while one is left, and then can be deleted", async () => {
    const life = await withDead(["a", "b"], "shared_errors");
    const deleteTopic = () => life.broker.deleteTopic("shared_errors", { ...KEEP, cascade: false });

    await expect(life.broker.deleteSubscription("a", PURGE)).rejects.toMatchObject({ code: "topic_in_use" });
    await expect(deleteTopic()).rejects.toMatchObject({ hint: "kbroker subscription delete a" });
    await life.broker.deleteSubscription("a", KEEP);
    await expect(deleteTopic()).rejects.toMatchObject({
      code: "topic_in_use",
      message: 'The topic "shared_errors" holds the dead letters of b.',
      hint: "kbroker subscription delete b --purge-errors",
    });
    const left = await dead(life, "b");
    await life.broker.deleteSubscription("b", KEEP);

    expect([left, (await deleteTopic()).messages]).toEqual([1, 2]);
  });

  it("goes with the last that is purged, also when all go at once", async () => {
    const life = await withDead(["a", "b"], "shared_errors");

    await life.broker.deleteTopic("orders", { ...PURGE, cascade: true });

    expect([...life.storage.documents.keys()]).toEqual([]);
    expect(life.storage.topics.size).toBe(0);
  });

  it("does not give a new subscription what an earlier one of its name left there, unless it is asked for", async () => {
    const life = await withDead(["a", "b"], "shared_errors");
    await life.broker.deleteSubscription("a", KEEP);
    const request = { deadLetterTopic: "shared_errors", from: "latest" };

    await life.subscribe("a", request);
    const fresh = await dead(life, "a");
    await life.broker.deleteSubscription("a", KEEP);
    await life.subscribe("a", { ...request, errors: "keep" });

    expect([fresh, await dead(life, "a"), await dead(life, "b")]).toEqual([0, 1, 1]);
  });
});

describe("a dead letter topic is refused", () => {
  it.each([
    ["a name that an ordinary topic could have", "shared", "invalid_request"],
    ["the suffix alone", "_errors", "invalid_request"],
    ["the suffix twice", "a_errors_errors", "invalid_request"],
    ["a reserved name", "__kbroker_errors", "invalid_request"],
    ["a name that is too long", `${"x".repeat(194)}_errors`, "invalid_request"],
    ["a character that no name has", "a b_errors", "invalid_request"],
    ["one that differs from another topic only in . and _", "or.ders_errors", "topic_exists"],
  ])("%s", async (_what, deadLetterTopic, code) => {
    const life = await opened();
    await life.subscribe("or_ders");
    const before = structuredClone(life.storage);

    await expect(life.subscribe("billing", { deadLetterTopic })).rejects.toMatchObject({ code });

    expect(life.storage).toEqual(before);
  });

  it("the topic that the subscription reads", async () => {
    const life = await opened();
    await life.subscribe("billing");
    await life.broker.deleteSubscription("billing", KEEP);

    await expect(life.subscribe("billing", { topic: "billing_errors" })).rejects.toMatchObject({
      code: "invalid_request",
      message: '"billing" would give its dead letters to "billing_errors", which it reads.',
    });
  });
});
