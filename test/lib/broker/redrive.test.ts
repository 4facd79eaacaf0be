import { describe, expect, it } from "vitest";
import type { DeadLetterPage, Redrive } from "../../../src/lib/broker/requests/dead-letters.ts";
import { REDRIVES_MAX } from "../../../src/lib/domain/dead-letter.ts";
import { bytes } from "../../support/broker.ts";
import { answered, ok } from "../../support/consumer.ts";
import { type Life, openLife } from "../../support/lifecycle.ts";

const HOUR_MS = 3_600_000;
const ALL: Redrive = { filter: {}, includeSetAside: false, dryRun: false };

/** Orders, and a billing that gave up on these at their first delivery; from then on the consumer takes everything. */
async function dead(...ids: readonly string[]): Promise<Life> {
  const life = await openLife();
  await life.broker.createTopic({ name: "orders", visibility: "private", ttlMs: HOUR_MS });
  await life.subscribe("billing", { retryDelaysMs: [1] });
  await die(life, ...ids);
  return life;
}

async function die(life: Life, ...ids: readonly string[]): Promise<void> {
  life.consumer.script(({ push }) => (push.headers.includes("billing") ? answered(500) : ok));
  await life.publish("orders", ...ids);
  await life.pass(10);
  life.consumer.script(() => ok);
}

async function list({ broker }: Life, page: Partial<DeadLetterPage> = {}): Promise<readonly string[]> {
  const { entries } = await broker.listDeadLetters("billing", { limit: 100, ...page });
  return entries.map(({ message, state }) => (state === "dead" ? message.id : `${message.id} ${state}`));
}

async function redrive(life: Life, changes: Partial<Redrive> = {}) {
  const ordered = await life.broker.redrive("billing", { ...ALL, ...changes });
  await life.pass(1_000);
  const job = ordered.job === null ? undefined : (await life.broker.describeJob(ordered.job.id)).job;
  return { ...ordered, job: job?.kind === "redrive" ? job : undefined };
}

const lag = ({ broker }: Life) => broker.lag("billing");
const received = ({ consumer }: Life, from: number) =>
  consumer.received
    .slice(from)
    .map(({ push, id }) => `${push.headers[push.headers.indexOf("x-kb-subscription") + 1]} ${id}`);

it("redrive delivers to this subscription only: a second subscription of the topic receives nothing", async () => {
  const life = await dead();
  await life.subscribe("shipping");
  await die(life, "a", "b");
  const before = life.consumer.received.length;

  const { matched, job } = await redrive(life);

  expect(received(life, before)).toEqual(["billing a", "billing b"]);
  expect([matched, job?.state, job?.redriven]).toEqual([2, "done", 2]);
});

it("what was redriven is not listed and not counted any more, and all shows it", async () => {
  const life = await dead("a", "b", "c");
  expect(await lag(life)).toMatchObject({ deadLetters: 3, setAside: 0 });

  await redrive(life, { countMax: 2 });

  expect(await lag(life)).toMatchObject({ deadLetters: 1, lag: 0 });
  expect(await list(life)).toEqual(["c"]);
  expect(await list(life, { all: true })).toEqual(["a settled", "b settled", "c"]);
  expect(await life.broker.listDeadLetters("billing", { limit: 1 })).toMatchObject({ total: 1, next: null });
  expect(await life.broker.listDeadLetters("billing", { limit: 1, all: true })).toMatchObject({
    total: 3,
    next: "0:0",
  });
});

it("a dry run changes nothing and says how many and why, the most frequent first", async () => {
  const life = await dead("a", "b");
  life.consumer.script(() => answered(422));
  await life.publish("orders", "c");
  await life.pass(10);

  const preview = await life.broker.redrive("billing", { ...ALL, dryRun: true });

  expect(preview).toEqual({
    ...{ job: null, matched: 3, redriven: 0, setAside: 0 },
    reasons: [
      { reason: "answered 500", class: "answered", status: 500, count: 2 },
      { reason: "answered 422", class: "answered", status: 422, count: 1 },
    ],
  });
  expect(await lag(life)).toMatchObject({ deadLetters: 3 });
  expect(await life.broker.listJobs({})).toEqual([]);
});

it("a filter decides what is listed, counted and redriven", async () => {
  const life = await dead("a");
  life.consumer.script(() => answered(422));
  await life.publish("orders", "b");
  await life.pass(10);
  life.consumer.script(() => ok);
  const filter = { reason: "422" };

  expect(await list(life, { filter })).toEqual(["b"]);
  const { matched, job } = await redrive(life, { filter });

  expect([matched, job?.redriven]).toEqual([1, 1]);
  expect(await list(life)).toEqual(["a"]);
});

it("the same id orders nothing twice; with another wish it is refused", async () => {
  const life = await dead("a", "b");
  await redrive(life, { id: "job-1", countMax: 1 });

  const again = await redrive(life, { id: "job-1", countMax: 1 });

  expect([again.matched, again.redriven, again.job?.id]).toEqual([2, 1, "job-1"]);
  expect(await list(life)).toEqual(["b"]);
  await expect(life.broker.redrive("billing", { ...ALL, id: "job-1" })).rejects.toMatchObject({ code: "job_exists" });
});

it("one redrive at a time, and no purge while it runs", async () => {
  const life = await dead("a", "b", "c");
  const { job } = await life.broker.redrive("billing", { ...ALL, ratePerS: 1 });

  await expect(life.broker.redrive("billing", ALL)).rejects.toMatchObject({ code: "job_active" });
  const purge = life.broker.purgeDeadLetters("billing", { filter: {}, dryRun: false });
  await expect(purge).rejects.toMatchObject({ code: "job_active" });
  await life.broker.cancelJob(job?.id ?? "");
  await life.pass(1_000);

  expect(await life.broker.purgeDeadLetters("billing", { filter: {}, dryRun: false })).toMatchObject({ purged: 2 });
});

it("a cancel that meets the owner's progress cancels all the same", async () => {
  const life = await dead("a", "b", "c");
  const { job } = await life.broker.redrive("billing", { ...ALL, ratePerS: 1 });
  await life.pass(900);
  const id = job?.id ?? "";
  const { catalog } = life.engine;
  const get = catalog.get.bind(catalog);
  let isFirst = true;
  Object.assign(catalog, {
    get: async (kind: "job", name: string) => {
      const document = await get(kind, name);
      if (isFirst && kind === "job" && document !== undefined) {
        isFirst = false;
        await catalog.put("job", id, document.value, document.version);
      }
      return document;
    },
  });

  const cancelled = await life.broker.cancelJob(id);

  expect([isFirst, cancelled.job.state]).toEqual([false, "cancelled"]);
});

it("after 5 redrives a message is set aside: listed as such, counted apart, redriven only where it is asked for", async () => {
  const life = await dead("a");
  for (let time = 1; time <= REDRIVES_MAX; time += 1) {
    life.consumer.script(() => answered(500));
    await redrive(life);
  }
  life.consumer.script(() => ok);

  expect(await lag(life)).toMatchObject({ deadLetters: 0, setAside: 1, parked: 0, lag: 0 });
  expect(await list(life)).toEqual(["a set-aside"]);
  expect(await redrive(life)).toMatchObject({ matched: 0, setAside: 1, job: { redriven: 0 } });
  expect(await redrive(life, { includeSetAside: true })).toMatchObject({ matched: 1, job: { redriven: 1 } });
  expect(await lag(life)).toMatchObject({ deadLetters: 0, setAside: 0 });
});

it("whatever a redriven message's age, its dead letter is kept until it is delivered", async () => {
  const life = await dead("a", "b");
  const { topic } = await life.broker.describeTopic("billing_errors");
  const document = await life.engine.catalog.get("topic", "billing_errors");
  await life.engine.catalog.put("topic", "billing_errors", { ...topic, ttlMs: 60_000 }, document?.version ?? 0);
  const start = async () => (await life.engine.log.bounds({ topicId: topic.id, index: 0 })).start;
  await life.broker.pauseSubscription("billing");
  await redrive(life, { countMax: 1 });

  await life.pass(20 * 60_000);
  expect(await start()).toBe(0);
  expect(await lag(life)).toMatchObject({ deadLetters: 0, parked: 1 });
  await life.broker.resumeSubscription("billing");
  await life.pass(10 * 60_000);

  expect(received(life, 4)).toEqual(["billing a"]);
  expect(await start()).toBe(2);
});

describe("purge", () => {
  const purge = (life: Life, dryRun = false, filter = {}) =>
    life.broker.purgeDeadLetters("billing", { filter, dryRun });

  it("lets go of all for good and gives the room back", async () => {
    const life = await dead("a", "b");

    expect(await purge(life, true)).toMatchObject({ matched: 2, purged: 0, reasons: [{ count: 2 }] });
    expect(await lag(life)).toMatchObject({ deadLetters: 2 });
    expect(await purge(life)).toMatchObject({ matched: 2, purged: 2 });

    expect(await lag(life)).toMatchObject({ deadLetters: 0 });
    expect(await list(life, { all: true })).toEqual([]);
  });

  it("never takes what is being redriven with it", async () => {
    const life = await dead("a", "b");
    await life.broker.pauseSubscription("billing");
    await redrive(life, { countMax: 1 });

    expect(await purge(life)).toMatchObject({ purged: 1 });
    await life.broker.resumeSubscription("billing");
    await life.broker.idle();

    expect(received(life, 4)).toEqual(["billing a"]);
  });

  it("leaves what another subscription of the dead letter topic has not read", async () => {
    const life = await dead("a", "b");
    await life.broker.createSubscription({
      ...{ name: "alerts", topic: "billing_errors", endpoint: "http://127.0.0.1:1/", from: "beginning" },
    });
    await life.broker.pauseSubscription("alerts");

    expect(await purge(life)).toMatchObject({ purged: 2 });

    expect(await list(life, { all: true })).toEqual(["a settled", "b settled"]);
  });
});

it("a slow redrive does not lose the letters whose time to live ends before their turn", async () => {
  const life = await dead("a", "b");
  await life.broker.updateTopic("billing_errors", { ttlMs: HOUR_MS, dryRun: false });
  const before = life.consumer.received.length;

  const { job } = await life.broker.redrive("billing", { ...ALL, ratePerS: 1 / 7_200 });
  await life.pass(2 * HOUR_MS);
  await life.pass(1_000);

  expect(received(life, before)).toEqual(["billing a", "billing b"]);
  expect((await life.broker.describeJob(job?.id ?? "")).job).toMatchObject({ state: "done", redriven: 2 });
});

describe("a dead letter topic that several subscriptions share", () => {
  /** Billing and shipping give up into one topic; each has given up on two messages of its own. */
  async function shared(): Promise<Life> {
    const life = await dead();
    const document = await life.engine.catalog.get("subscription", "billing");
    for (const name of ["shipping", "billing"]) {
      if (name === "shipping") await life.subscribe(name, { retryDelaysMs: [1] });
      const now = await life.engine.catalog.get("subscription", name);
      const value = { ...Object(now?.value), deadLetterTopic: "common_errors" };
      await life.engine.catalog.put("subscription", name, value, now?.version ?? 0);
    }
    expect(document).toBeDefined();
    const own = await life.engine.catalog.get("topic", "billing_errors");
    await life.engine.log.createTopic("common");
    await life.engine.catalog.put(
      "topic",
      "common_errors",
      { ...Object(own?.value), name: "common_errors", id: "common" },
      0,
    );
    const next = await openLife({ clock: life.clock, storage: life.storage });
    next.consumer.script(() => answered(500));
    await next.publish("orders", "a", "b");
    await next.pass(10);
    next.consumer.script(() => ok);
    return next;
  }

  it("each counts, lists, redrives and purges only its own", async () => {
    const life = await shared();
    expect(await lag(life)).toMatchObject({ deadLetters: null });
    await life.pass(0);
    expect(await lag(life)).toMatchObject({ deadLetters: 2 });
    expect(await list(life)).toEqual(["a", "b"]);
    const before = life.consumer.received.length;

    expect(await redrive(life, { countMax: 1 })).toMatchObject({ matched: 2, job: { redriven: 1 } });
    expect(received(life, before)).toEqual(["billing a"]);
    expect(await lag(life)).toMatchObject({ deadLetters: 1 });
    expect(await life.broker.purgeDeadLetters("billing", ALL)).toMatchObject({ purged: 1 });

    expect(await lag(life)).toMatchObject({ deadLetters: 0 });
    expect(await life.broker.lag("shipping")).toMatchObject({ deadLetters: 2 });
    expect((await life.broker.listDeadLetters("shipping", { limit: 9 })).entries).toHaveLength(2);
  });

  it("what dies after the first count is counted, too", async () => {
    const life = await shared();
    await lag(life);
    await life.pass(0);

    life.consumer.script(() => answered(500));
    await life.publish("orders", "c");
    await life.pass(10);

    expect(await lag(life)).toMatchObject({ deadLetters: 3 });
    expect(await life.broker.listDeadLetters("billing", { limit: 9, all: true })).toMatchObject({ total: 3 });
  });
});

it("a record that does not say why it is in the dead letter topic is listed, and purged with all", async () => {
  const life = await dead();
  const { topic } = await life.broker.describeTopic("billing_errors");
  await life.engine.log.append(topic.id, [{ id: "odd", attributes: [], payload: bytes("1") }]);

  expect(await list(life)).toEqual(["odd"]);
  expect(await redrive(life)).toMatchObject({ matched: 0, job: { redriven: 0 } });
  expect(await life.broker.purgeDeadLetters("billing", ALL)).toMatchObject({ purged: 1 });
});
