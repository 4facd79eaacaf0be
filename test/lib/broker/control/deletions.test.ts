import { describe, expect, it } from "vitest";
import { KBrokerError } from "../../../../src/lib/domain/error.ts";
import { bytes, ENDPOINT } from "../../../support/broker.ts";
import { answered } from "../../../support/consumer.ts";
import { failingAt } from "../../../support/failing-engine.ts";
import { type Life, type LifeOptions, openLife } from "../../../support/lifecycle.ts";
import { settle } from "../../../support/manual-clock.ts";
import { isPending } from "../../../support/promises.ts";

const PLAIN = { cascade: false, purgeErrors: false, dryRun: false };
const CASCADE = { ...PLAIN, cascade: true };
const PURGE = { purgeErrors: true, dryRun: false };
const KEEP = { purgeErrors: false, dryRun: false };

/** A topic with a schema, a subscription that has one dead letter and one parked message, and another topic beside it. */
async function opened(options: LifeOptions = {}): Promise<Life> {
  const life = await openLife(options);
  await life.broker.createTopic({ name: "orders", visibility: "public", schema: "true" });
  await life.broker.createTopic({ name: "payments", visibility: "private" });
  await life.subscribe("billing", { retryDelaysMs: [1_000] });
  await life.subscribe("other", { topic: "payments" });
  life.consumer.script(({ id }) => answered(id.startsWith("bad") ? 500 : 200));
  await life.publish("orders", "good", "bad");
  await life.pass(1_000);
  await life.publish("orders", "bad2");
  return life;
}

/** Publishes where the consumer does not answer. */
async function send({ broker }: Life, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) await broker.publish({ topic: "orders", id, attributes: [], payload: bytes("1") });
  await settle();
}

const names = ({ storage }: Life) => [...storage.documents.keys()].sort();

describe("deleting a topic", () => {
  it("with subscriptions is 409 with the list, and changes nothing", async () => {
    const life = await opened();
    const before = structuredClone(life.storage);

    await expect(life.broker.deleteTopic("orders", PLAIN)).rejects.toMatchObject({
      code: "topic_in_use",
      message: 'The topic "orders" has a subscription: billing.',
      hint: "kbroker topic delete orders --cascade",
    });

    expect(life.storage).toEqual(before);
  });

  it("keeps the log for as long as the cursors that point into it cannot be removed", async () => {
    const forget = () => Promise.reject(new KBrokerError("disk_full", "No room left."));
    const life = await opened({ over: (engine) => ({ ...engine, cursors: { ...engine.cursors, forget } }) });
    const { id } = Object((await life.engine.catalog.get("topic", "orders"))?.value);

    await life.broker.deleteTopic("orders", CASCADE).catch(() => undefined);

    expect(await life.engine.log.shards(id)).toHaveLength(1);
  });

  it("--cascade says what goes, and a dry run changes nothing", async () => {
    const life = await opened();
    const before = structuredClone(life.storage);

    const said = await life.broker.deleteTopic("orders", { ...CASCADE, dryRun: true });

    expect(said).toMatchObject({ name: "orders", messages: 3, schemaVersion: 1 });
    expect(said.subscriptions).toMatchObject([
      { name: "billing", lag: 1, deadLetterTopic: "billing_errors", deadLetters: 1, errorsPurged: false },
    ]);
    expect(life.storage).toEqual(before);
  });

  it("--cascade takes its subscriptions, schema, cursors and parked messages along, keeps _errors, and leaves others alone", async () => {
    const life = await opened();
    const { topic } = await life.broker.describeTopic("orders");
    const { subscription } = await life.broker.describeSubscription("billing");

    await life.broker.deleteTopic("orders", CASCADE);

    expect(names(life)).toEqual(["subscription/other", "topic/billing_errors", "topic/other_errors", "topic/payments"]);
    expect(life.storage.topics.has(topic.id)).toBe(false);
    for (const kept of [life.storage.cursors, life.storage.parked, life.storage.epochs])
      expect(kept.has(subscription.id)).toBe(false);
    await life.publish("payments", "p");
    expect(life.consumer.log()).toMatch(/ p$/);
  });

  it("--cascade with --purge-errors takes the dead letter topics along", async () => {
    const life = await opened();

    const said = await life.broker.deleteTopic("orders", { ...CASCADE, purgeErrors: true });

    expect(said.subscriptions).toMatchObject([{ deadLetters: 1, errorsPurged: true }]);
    expect(names(life)).toEqual(["subscription/other", "topic/other_errors", "topic/payments"]);
  });

  it("that a subscription gives its dead letters to is 409, even with --cascade", async () => {
    const life = await opened();

    await expect(life.broker.deleteTopic("billing_errors", CASCADE)).rejects.toMatchObject({
      code: "topic_in_use",
      message: 'The topic "billing_errors" holds the dead letters of billing.',
    });
    await life.broker.deleteSubscription("billing", KEEP);

    expect(await life.broker.deleteTopic("billing_errors", PLAIN)).toMatchObject({ messages: 1 });
  });

  it("that is not there is not found, a second time too", async () => {
    const life = await opened();
    await life.broker.deleteTopic("orders", CASCADE);

    await expect(life.broker.deleteTopic("orders", CASCADE)).rejects.toMatchObject({ code: "topic_not_found" });
  });

  it("leaves a publisher that is late with the topic's name, not its id", async () => {
    const life = await opened();
    const append = life.engine.log.append;
    const { broker } = life;
    life.engine.log.append = async (...args) => {
      await broker.deleteTopic("orders", CASCADE);
      return append(...args);
    };

    const late = broker.publish({ topic: "orders", attributes: [], payload: bytes("1") });

    await expect(late).rejects.toMatchObject({ code: "topic_not_found", message: 'There is no topic "orders".' });
  });
});

it("deleting a topic removes its scheduled messages, and those of no other", async () => {
  const life = await opened();
  for (const topic of ["orders", "payments"])
    await life.broker.schedule({ topic, minutes: 10, attributes: [], payload: bytes("1") });

  await life.broker.deleteTopic("orders", CASCADE);

  const left = [...life.storage.schedules.values()].flatMap((scheduled) => [...scheduled.values()]);
  expect(left.map(({ topic }) => topic)).toEqual(["payments"]);
});

it("deleting a topic removes every version of its schema, and the jobs of its subscriptions", async () => {
  const life = await opened();
  await life.broker.updateSchema({ topic: "orders", definition: "{}", compatibility: "none" });
  await life.broker.redrive("billing", { filter: {}, includeSetAside: false, dryRun: false });
  const before = names(life).filter((name) => /^(schema|job)/.test(name));

  await life.broker.deleteTopic("orders", CASCADE);

  expect(before.length).toBeGreaterThan(2);
  expect(names(life).filter((name) => /^(schema|job)/.test(name))).toEqual([]);
});

describe("a topic created again under the same name starts fresh", () => {
  it("with a new internal id, no old messages, cursors, dedupe ids and schema", async () => {
    const life = await opened();
    const before = await life.broker.describeTopic("orders");
    await life.broker.deleteTopic("orders", CASCADE);

    const { topic } = await life.broker.createTopic({ name: "orders", visibility: "private" });
    const again = await life.broker.publish({ topic: "orders", id: "good", attributes: [], payload: bytes("2") });
    await life.subscribe("billing", { errors: "keep" });

    expect(topic.id).not.toBe(before.topic.id);
    expect(again.duplicate).toBe(false);
    expect(await life.broker.describeTopic("orders")).toMatchObject({ messages: 1, schemaVersion: null });
    expect(life.consumer.log()).toBe("good bad bad#2 bad2 good");
    expect(await life.broker.lag("billing")).toMatchObject({
      lag: 0,
      parked: 0,
      shards: [{ start: 0, low: 1, end: 1 }],
    });
  });
});

describe("deleting a subscription", () => {
  it("keeps _errors, and its cursors, parked messages and epoch go", async () => {
    const life = await opened();
    const { subscription } = await life.broker.describeSubscription("billing");

    const said = await life.broker.deleteSubscription("billing", KEEP);
    await life.pass(60_000);

    expect(said).toMatchObject({ name: "billing", lag: 1, deadLetters: 1, errorsPurged: false });
    expect(await life.broker.describeTopic("billing_errors")).toMatchObject({ messages: 1 });
    for (const kept of [life.storage.cursors, life.storage.parked, life.storage.epochs])
      expect(kept.has(subscription.id)).toBe(false);
    expect(life.consumer.log()).toBe("good bad bad#2 bad2");
    expect((await life.broker.listSubscriptions()).map((each) => each.subscription.name)).toEqual(["other"]);
  });

  it("that somebody else changes at the same moment deletes it all the same", async () => {
    const life = await opened();
    const { put, get } = life.engine.catalog;
    let rivals = 1;
    life.engine.catalog.put = async (kind, name, value, expected) => {
      if (rivals-- > 0) await put(kind, name, { ...Object((await get(kind, name))?.value), state: "paused" }, expected);
      return put(kind, name, value, expected);
    };

    await life.broker.deleteSubscription("billing", KEEP);

    expect(names(life)).not.toContain("subscription/billing");
  });

  it("--purge-errors deletes _errors, too", async () => {
    const life = await opened();

    await life.broker.deleteSubscription("billing", PURGE);

    expect(names(life)).not.toContain("topic/billing_errors");
    expect(life.storage.topics.size).toBe(3);
  });

  it("--purge-errors is refused where somebody reads _errors", async () => {
    const life = await opened();
    await life.subscribe("fixer", { topic: "billing_errors" });

    await expect(life.broker.deleteSubscription("billing", PURGE)).rejects.toMatchObject({
      code: "topic_in_use",
      message: 'The dead letter topic "billing_errors" of "billing" is used by fixer, too, and cannot be purged.',
    });

    expect(await life.broker.describeSubscription("billing")).toMatchObject({ deadLetters: 1 });
  });

  it("waits for what is in flight, which counts, and starts no push any more", async () => {
    const life = await opened();
    life.consumer.script(() => "hold");
    await send(life, "late", "later");

    const deleted = life.broker.deleteSubscription("billing", KEEP);
    const waited = await isPending(deleted);
    for (const id of [...life.consumer.held]) life.consumer.answer(id, answered(200));
    await deleted;
    await send(life, "new");

    expect(waited).toBe(true);
    expect(life.consumer.log()).toBe("good bad bad#2 bad2 late later");
  });

  it("waits at most 20 s for what is in flight", async () => {
    const life = await opened();
    life.consumer.script(() => "hold");
    await send(life, "late");

    const deleted = life.broker.deleteSubscription("billing", KEEP);
    await settle();
    await life.clock.advance(20_000);

    expect(await deleted).toMatchObject({ name: "billing" });
    expect(names(life)).not.toContain("subscription/billing");
  });
});

describe("a crash at any step of a deletion leaves the whole or nothing", () => {
  const WRITES_MAX = 12;
  const acts = {
    "topic --cascade": (life: Life) => life.broker.deleteTopic("orders", CASCADE),
    "topic --cascade --purge-errors": (life: Life) =>
      life.broker.deleteTopic("orders", { ...CASCADE, purgeErrors: true }),
    subscription: (life: Life) => life.broker.deleteSubscription("billing", KEEP),
    "subscription --purge-errors": (life: Life) => life.broker.deleteSubscription("billing", PURGE),
  };

  /** What is left once the deletion was done without a crash. */
  async function done(act: (life: Life) => Promise<unknown>): Promise<readonly string[]> {
    const life = await opened();
    await act(life);
    return names(life);
  }

  /** The engine fails from write `at` of the deletion on, as if the process had ended there; then the next one starts. */
  async function crashed(act: (life: Life) => Promise<unknown>, at: number) {
    const { clock, storage, broker } = await opened();
    await broker.stop(0);
    const process: { isDead: boolean } = { isDead: false };
    const dying = await openLife({
      clock,
      storage,
      over: (engine) => {
        const failing = failingAt(engine, at, "for good");
        const pick = <T extends object>(alive: T, dead: T): T =>
          new Proxy(alive, { get: (_, key) => Reflect.get(process.isDead ? dead : alive, key) });
        return {
          ...engine,
          catalog: pick(engine.catalog, failing.catalog),
          cursors: pick(engine.cursors, failing.cursors),
          log: pick(engine.log, failing.log),
        };
      },
    });
    process.isDead = true;
    const answer = await act(dying).then(
      () => "deleted",
      () => "refused",
    );
    const next = await openLife({ clock, storage });
    return { answer, next };
  }

  it.each(Object.entries(acts))("%s", async (_what, act) => {
    const before = names(await opened());
    const after = await done(act);
    const outcomes: string[] = [];

    for (let at = 1; at <= WRITES_MAX; at += 1) {
      const { answer, next } = await crashed(act, at);
      outcomes.push(answer);
      expect({ at, left: names(next) }).toEqual({ at, left: answer === "deleted" ? after : before });
      const ids = [...next.storage.documents.values()].flatMap(({ value }) => Object.values(value as object));
      for (const kept of [next.storage.topics, next.storage.cursors, next.storage.parked])
        expect({ at, orphans: [...kept.keys()].filter((id) => !ids.includes(id)) }).toEqual({ at, orphans: [] });
    }

    expect(outcomes.slice(0, 2)).toEqual(["refused", "deleted"]);
  });

  it("and the same name can be created at once", async () => {
    const { next } = await crashed(acts["topic --cascade"], 3);

    await next.broker.createTopic({ name: "orders", visibility: "private" });
    await next.broker.createSubscription({ name: "billing", topic: "orders", endpoint: ENDPOINT, errors: "keep" });

    expect(await next.broker.lag("billing")).toMatchObject({ lag: 0, parked: 0 });
  });

  it("a step that fails without a crash is done with the next change, and the answer stands", async () => {
    const life = await opened();
    const forget = life.engine.cursors.forget;
    const disk: { isBroken: boolean } = { isBroken: true };
    life.engine.cursors.forget = async (id) => {
      if (disk.isBroken) throw new Error("not now");
      return forget(id);
    };

    await life.broker.deleteTopic("orders", CASCADE);
    await expect(life.broker.describeTopic("orders")).rejects.toMatchObject({ code: "topic_not_found" });
    await expect(life.broker.describeSubscription("billing")).rejects.toMatchObject({ code: "subscription_not_found" });
    expect(await life.broker.snapshot()).toHaveLength(1);
    disk.isBroken = false;
    await life.broker.createTopic({ name: "orders", visibility: "private" });

    expect(life.notes.lines).toContain(
      "log error What belongs to something deleted could not be removed; it is tried again.",
    );
    expect(names(life)).toContain("topic/orders");
    expect(names(life)).not.toContain("subscription/billing");
  });

  it("a dead letter topic that somebody uses by the time it is purged stays", async () => {
    const life = await opened();
    const forget = life.engine.cursors.forget;
    const disk: { isBroken: boolean } = { isBroken: true };
    life.engine.cursors.forget = async (id) => {
      if (disk.isBroken) throw new Error("not now");
      return forget(id);
    };
    await life.broker.deleteSubscription("billing", PURGE);
    await life.subscribe("mailer", { deadLetterTopic: "billing_errors", errors: "keep" });
    disk.isBroken = false;

    await life.broker.createTopic({ name: "another", visibility: "private" });

    expect(names(life)).not.toContain("subscription/billing");
    expect(await life.broker.describeTopic("billing_errors")).toMatchObject({ messages: 1 });
  });
});
