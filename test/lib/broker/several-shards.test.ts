import { describe, expect, test } from "vitest";
import type { Broker } from "../../../src/lib/broker/broker.ts";
import type { MessagePage } from "../../../src/lib/broker/requests/messages.ts";
import { memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import { bytes, openTestBroker } from "../../support/broker.ts";
import { answered, consumer, ok } from "../../support/consumer.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { ORDER, openScene, type Scene, type SceneOptions } from "../../support/moves.ts";

const MINUTE_MS = 60_000;
const SHARDS = 3;
const IDS = Array.from({ length: 20 }, (_, index) => `m-${String(index).padStart(2, "0")}`);
const sceneOf = (options: SceneOptions = {}) =>
  openScene({ engine: { shards: SHARDS, remembers: "engine" }, ...options });

/** What came since the last call, whatever its order. */
const cameSorted = (scene: Scene) => scene.came().split(" ").filter(Boolean).sort();

/** Twenty messages, a minute between each. */
async function published(options?: SceneOptions): Promise<Scene> {
  const scene = await sceneOf(options);
  for (const id of IDS) {
    await scene.publish(id);
    await scene.pass(MINUTE_MS);
  }
  const { shards } = await scene.broker.lag("billing");
  expect(shards.filter(({ end }) => end > 0).length).toBeGreaterThan(1);
  return scene;
}

describe("over a topic of several shards", () => {
  test("everything is delivered once, and lag has each shard", async () => {
    const scene = await published();

    const { lag, shards } = await scene.broker.lag("billing");

    expect(cameSorted(scene)).toEqual(IDS);
    expect(lag).toBe(0);
    expect(shards.map(({ shard }) => shard)).toEqual([0, 1, 2]);
    expect(shards.reduce((sum, { end }) => sum + end, 0)).toBe(IDS.length);
    expect(shards.every(({ low, end }) => low === end)).toBe(true);
  });

  test("a crash loses nothing and repeats nothing that was committed", async () => {
    const scene = await published();
    const before = cameSorted(scene);
    await scene.pass(1_000);

    const next = await scene.crash();
    await next.publish("after");

    expect(before).toEqual(IDS);
    expect(next.came()).toBe("after");
  });

  test("a rewind goes back to its time in each shard, and its undo leaves every shard where it was", async () => {
    const scene = await published();
    scene.came();
    const rewound = await scene.broker.rewind("billing", { hours: 10.5 / 60, job: "j", ...ORDER });
    await scene.broker.idle();

    expect(cameSorted(scene)).toEqual(IDS.slice(10).map((id) => `${id}@j`));
    expect(rewound.job.messages).toBe(10);

    await scene.broker.undoMove("billing", { of: "rewind", job: "u", ...ORDER });
    await scene.broker.idle();
    expect(await scene.lag()).toBe(0);
    expect(scene.came()).toBe("");
  });

  test("a skip drops the backlog of every shard, and its undo brings it back", async () => {
    const scene = await sceneOf();
    await scene.broker.pauseSubscription("billing");
    await scene.publish(...IDS);
    await scene.broker.skip("billing", { to: "now", job: "s", ...ORDER });
    await scene.broker.idle();
    expect(await scene.lag()).toBe(0);

    await scene.broker.undoMove("billing", { of: "skip", job: "u", ...ORDER });
    await scene.broker.resumeSubscription("billing");
    await scene.broker.idle();

    expect(cameSorted(scene)).toEqual(IDS);
  });

  test("what dies is found in the shards of the dead letter topic, page by page, redriven once, and then settled", async () => {
    const dying = consumer(() => answered(400));
    const scene = await sceneOf({ consumer: dying, subscription: { permanentStatuses: [400] } });
    for (const id of IDS) {
      await scene.publish(id);
      // So that no run of failures opens the circuit.
      await scene.broker.pauseSubscription("billing");
      await scene.broker.resumeSubscription("billing");
      await scene.broker.idle();
    }
    scene.came();
    const pages: string[] = [];
    let after: string | undefined;
    do {
      const page = await scene.broker.listDeadLetters("billing", { limit: 7, ...(after !== undefined && { after }) });
      pages.push(...page.entries.map(({ message }) => message.id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(new Set(pages)).toEqual(new Set(IDS));
    expect(pages).toHaveLength(IDS.length);
    dying.script(() => ok);

    const { matched } = await scene.broker.redrive("billing", { filter: {}, includeSetAside: false, dryRun: false });
    await scene.broker.idle();

    expect(matched).toBe(IDS.length);
    expect(cameSorted(scene)).toEqual(IDS);
    expect(await scene.broker.lag("billing")).toMatchObject({ lag: 0, deadLetters: 0, parked: 0 });
  });

  test("what expires behind a pause is counted in each shard and trimmed", async () => {
    const scene = await sceneOf({ ttlMs: 60 * MINUTE_MS });
    await scene.broker.pauseSubscription("billing");
    await scene.publish(...IDS);

    await scene.pass(90 * MINUTE_MS);

    const { expired, shards } = await scene.broker.lag("billing");
    expect(expired).toBe(IDS.length);
    expect(shards.every(({ start, end }) => start === end)).toBe(true);
    await scene.broker.resumeSubscription("billing");
    await scene.publish("new");
    expect(scene.came()).toBe("new");
  });

  test("a subscription from a time on begins there in each shard", async () => {
    const scene = await published();
    await scene.broker.createSubscription({
      name: "late",
      topic: "orders",
      endpoint: "http://127.0.0.1:9000/x",
      from: "5m",
    });
    scene.came();

    await scene.broker.idle();

    expect((await scene.broker.lag("late")).lag).toBe(0);
    const late = scene.consumer.received.filter(({ push }) => push.endpoint.endsWith("/x")).map(({ id }) => id);
    expect(late.sort()).toEqual(IDS.slice(15));
  });
});

describe("the messages of a topic of several shards are read", () => {
  async function filled(): Promise<{ broker: Broker; ids: readonly string[] }> {
    const clock = manualClock();
    const { broker } = await openTestBroker({ clock, engine: memoryEngine({ clock, shards: SHARDS }) });
    await broker.createTopic({ name: "orders", visibility: "private" });
    for (const [index, id] of IDS.entries()) {
      await broker.publish({ topic: "orders", attributes: [], payload: bytes("1"), id });
      // Some are as old as others.
      if (index % 3 !== 0) await clock.advance(MINUTE_MS);
    }
    return { broker, ids: IDS };
  }
  const idsOf = ({ entries }: MessagePage) => entries.map(({ message }) => message.id);
  const query = { topic: "orders", from: "beginning", limit: 100, filter: [], waitMs: 0 };

  test("by their time within a page, and page by page each once", async () => {
    const { broker, ids } = await filled();

    const whole = await broker.readMessages(query);
    const pages: string[] = [];
    let from = "beginning";
    for (let atEnd = false; !atEnd; ) {
      const page = await broker.readMessages({ ...query, from, limit: 6 });
      expect(page.entries.length).toBeLessThanOrEqual(6);
      pages.push(...idsOf(page));
      ({ next: from, atEnd } = page);
    }

    const times = whole.entries.map(({ message }) => message.timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(idsOf(whole).sort()).toEqual(ids);
    expect(new Set(pages)).toEqual(new Set(ids));
    expect(pages).toHaveLength(ids.length);
  });

  test("no shard waits for the end of another", async () => {
    const { broker } = await filled();

    const { entries } = await broker.readMessages({ ...query, limit: 6 });

    expect(new Set(entries.map(({ shard }) => shard)).size).toBeGreaterThan(1);
    expect(entries).toHaveLength(6);
  });

  test("the newest so many are those of all shards together", async () => {
    const { broker, ids } = await filled();
    const whole = (await broker.readMessages(query)).entries;

    for (const last of [0, 1, 2, 5, 7, 19, 20, 50]) {
      const page = await broker.readMessages({ ...query, last });
      expect(page.entries).toHaveLength(Math.min(last, ids.length));
      const oldestMs = Math.min(...page.entries.map(({ message }) => message.timeMs));
      const newer = whole.filter(({ message }) => message.timeMs > oldestMs).map(({ message }) => message.id);
      expect(idsOf(page)).toEqual(expect.arrayContaining(newer));
    }
  });

  test("by an id or a position in whatever shard it lies", async () => {
    const { broker } = await filled();

    for (const { shard, message } of (await broker.readMessages(query)).entries) {
      const { found } = await broker.findMessage({ topic: "orders", id: message.id, since: "beginning" });
      expect(found).toMatchObject({ shard, message: { id: message.id, offset: message.offset } });
    }
  });

  test("waiting for something new ends with the first in any shard", async () => {
    const { broker } = await filled();
    const { next } = await broker.readMessages(query);
    const waiting = broker.readMessages({ ...query, from: next, waitMs: 10_000 });

    await broker.publish({ topic: "orders", attributes: [], payload: bytes("1"), id: "new" });

    expect(idsOf(await waiting)).toEqual(["new"]);
  });
});

test("a topic of many shards is read, and waited for, without a warning of leaking listeners", async () => {
  const warnings: string[] = [];
  const hear = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`);
  process.on("warning", hear);
  const scene = await sceneOf({ engine: { shards: 20 } });
  await scene.publish(...IDS);
  const waiting = scene.broker.readMessages({ topic: "orders", from: "latest", limit: 1, filter: [], waitMs: 1_000 });

  await scene.pass(1_000);
  await waiting;
  await scene.broker.stop(0);

  // Node tells of them a moment later.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", hear);
  expect(cameSorted(scene)).toEqual(IDS);
  expect(warnings).toEqual([]);
});
