import { describe, expect, test } from "vitest";
import { rememberedIds } from "../../../../src/lib/broker/delivery/remembered-ids.ts";
import { DEDUPE_WINDOW_MS } from "../../../../src/lib/domain/topic.ts";
import { bytes } from "../../../support/broker.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openStage, type Stage, type StageOptions } from "../../../support/delivery.ts";
import { ORDER, openScene, type Scene } from "../../../support/moves.ts";

/** An engine that recognises no repeat and stores them all. */
const FORGETFUL = { remembers: "nothing" } as const;

const stageOf = (options: StageOptions = {}) => openStage({ engine: FORGETFUL, ...options });

/** Appends under ids that the caller gave: `id`, or `id=payload`. */
async function append({ engine }: Stage, ...texts: readonly string[]): Promise<void> {
  const records = texts.map((text) => {
    const [id = "", payload = `"${id}"`] = text.split("=");
    return { id, attributes: [], payload: bytes(payload) };
  });
  await engine.log.append("topic-1", records, { dedupeWindowMs: DEDUPE_WINDOW_MS });
}

async function publish(stage: Stage, ...texts: readonly string[]): Promise<void> {
  await append(stage, ...texts);
  await stage.idle();
}

const toldOf = ({ notes }: Stage | Scene, what: string) => notes.lines.filter((line) => line.startsWith(`${what} `));

describe("a repeat that the engine stored", () => {
  test("is settled without a push, and counted", async () => {
    const stage = await stageOf();

    await publish(stage, "a", "b", "a");
    await publish(stage, "b", "c");
    await stage.pass(1_000);

    expect(stage.consumer.log()).toBe("a b c");
    expect(await stage.committed()).toMatchObject({ low: 5, above: [], expired: 0, damaged: 0 });
    expect(toldOf(stage, "repeated")).toEqual(["repeated billing orders 1 0", "repeated billing orders 1 0"]);
  });

  test("with another payload is none the less a repeat; it is counted apart and said", async () => {
    const stage = await stageOf();

    await publish(stage, "a=1", "a=2", "a=1");

    expect(stage.consumer.log()).toBe("a");
    expect(toldOf(stage, "repeated")).toEqual(["repeated billing orders 1 1"]);
    expect(toldOf(stage, "log")).toHaveLength(1);
  });

  test("is a first again once nothing has had its id for longer than the window", async () => {
    const stage = await stageOf();
    await publish(stage, "a");
    await stage.pass(DEDUPE_WINDOW_MS);
    await publish(stage, "a");
    await stage.pass(DEDUPE_WINDOW_MS);
    await publish(stage, "a");
    expect(stage.consumer.log()).toBe("a");

    await stage.pass(DEDUPE_WINDOW_MS + 1);
    await publish(stage, "a");

    expect(stage.consumer.log()).toBe("a a");
  });

  test("is told by its caller's id only: what nobody gave is no repeat, and makes none", async () => {
    const stage = await stageOf();

    await stage.publish("a", "a");
    await publish(stage, "a");
    await stage.publish("a");
    await publish(stage, "a");

    expect(stage.consumer.log()).toBe("a a a a");
  });

  test("is one behind a crash, too, whether or not the first had been acknowledged", async () => {
    const stage = await stageOf({ consumer: consumer(({ id }) => (id === "held" ? "hold" : ok)) });
    await append(stage, "acked", "held", "acked behind it");
    await stage.clock.advance(1_000);
    stage.consumer.script(() => ok);

    const next = await stage.crash();
    await publish(next, "acked", "held", "acked behind it", "later");

    expect(stage.consumer.log()).toBe("acked held acked behind it held later");
  });

  test("is one where its first was parked, died, or expired", async () => {
    const stage = await stageOf({
      consumer: consumer(({ id }) => (id === "fails" ? answered(500) : ok)),
      subscription: { retry: { kind: "list", delaysMs: [60_000] } },
      ttlMs: 5 * 60_000,
    });
    await publish(stage, "fails");
    await stage.pass(60_000);
    await stage.change({ state: "paused" });
    await publish(stage, "expires");
    await stage.pass(6 * 60_000);
    await stage.change({ state: "active" });

    await publish(stage, "fails", "expires", "new");

    expect(stage.consumer.log()).toBe("fails fails#2 new");
    expect(await stage.deadLetters()).toEqual(["fails: answered"]);
  });

  test("does not make its own first one when that is read a second time after a pause", async () => {
    const stage = await stageOf({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 1 } });
    await append(stage, "a", "b", "c", "b");
    await stage.clock.advance(0);
    await stage.change({ state: "paused" });
    stage.consumer.script(() => ok);
    stage.consumer.answer("a", ok);
    await stage.pass(20_000);

    await stage.change({ state: "active" });
    await publish(stage, "c", "d");

    expect(stage.consumer.log()).toBe("a b c d");
  });
});

describe("of a topic of several shards", () => {
  const records = (ids: readonly string[], key: (id: string) => string) =>
    ids.map((id) => ({ id, key: key(id), attributes: [], payload: bytes("1") }));
  const IDS = Array.from({ length: 30 }, (_, index) => `id-${index}`);

  test("each tells its own repeats, also where each is in a shard of its own and the owner crashed between", async () => {
    const stage = await stageOf({ engine: { ...FORGETFUL, shards: 3 } });
    const publishAll = async ({ engine, idle }: Stage) => {
      await engine.log.append(
        "topic-1",
        records(IDS, (id) => `key of ${id}`),
        { dedupeWindowMs: DEDUPE_WINDOW_MS },
      );
      await idle();
    };
    await publishAll(stage);
    const next = await stage.crash();
    await publishAll(next);

    // What the crash brings again is in doubt; that nothing comes because it was published twice is not.
    await next.pass(1_000);
    const last = await next.crash();
    const before = last.consumer.received.length;
    await publishAll(last);

    expect(new Set(stage.consumer.received.map(({ id }) => id))).toEqual(new Set(IDS));
    expect(last.consumer.received.slice(before)).toEqual([]);
    expect(last.status().cursors.map(({ cursor }) => cursor.above)).toEqual([[], [], []]);
  });
});

describe("a move does not change what is a repeat", () => {
  async function published(): Promise<Scene> {
    const scene = await openScene({ engine: FORGETFUL, subscription: { from: "beginning" } });
    await scene.publish("a", "b");
    await scene.pass(60_000);
    await scene.publish("a", "c");
    await scene.pass(60_000);
    await scene.publish("b");
    expect(scene.came()).toBe("a b c");
    return scene;
  }

  test("a rewind over all brings each once", async () => {
    const scene = await published();

    await scene.broker.rewind("billing", { hours: 1, job: "j", ...ORDER });
    await scene.broker.idle();

    expect(scene.came()).toBe("a@j b@j c@j");
  });

  test("a rewind to between a first and its repeat does not bring the repeat", async () => {
    const scene = await published();
    const to = new Date(scene.clock.now() - 90_000).toISOString();

    await scene.broker.rewind("billing", { to, job: "j", ...ORDER });
    await scene.broker.idle();

    expect(scene.came()).toBe("c@j");
  });

  test("what is read on behind replays that are held to a rate knows the firsts among them", async () => {
    const scene = await published();

    await scene.broker.rewind("billing", { hours: 1, job: "j", ratePerS: 1, ...ORDER });
    await scene.publish("c", "d");
    await scene.pass(10_000);

    expect(scene.came().split(" ").sort()).toEqual(["a@j", "b@j", "c@j", "d"]);
  });

  test("nor does a skip, when what comes behind repeats what was skipped", async () => {
    const scene = await published();
    await scene.broker.pauseSubscription("billing");
    await scene.publish("d");
    await scene.broker.skip("billing", { to: "now", job: "s", ...ORDER });
    await scene.broker.resumeSubscription("billing");

    await scene.publish("d", "e");

    expect(scene.came()).toBe("e");
  });
});

describe("what a node remembers", () => {
  test("is bounded: beyond that the oldest go, which is counted and said once", async () => {
    const stage = await stageOf({ limits: { rememberedIdsMax: 8 } });
    for (let count = 0; count < 20; count += 1) {
      await publish(stage, `id-${count}`);
      await stage.pass(1_000);
    }

    await publish(stage, "id-19", "id-0");

    expect(stage.consumer.received.map(({ id }) => id).slice(19)).toEqual(["id-19", "id-0"]);
    const forgotten = toldOf(stage, "forgotten").map((line) => Number(line.split(" ")[1]));
    expect(forgotten.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(12);
    expect(toldOf(stage, "log")).toHaveLength(1);
  });

  test("is shared: whoever remembers the oldest gives them up", () => {
    const lost: number[] = [];
    const node = rememberedIds({ countMax: 4, forgot: (count) => lost.push(count) });
    const [old, young] = [node.open(), node.open()];
    for (const timeMs of [1, 2]) old.set(`old-${timeMs}`, { timeMs, digest: 0 });
    for (const timeMs of [33, 34, 35]) young.set(`young-${timeMs}`, { timeMs, digest: 0 });

    expect(lost).toEqual([2]);
    expect([old.get("old-1"), old.get("old-2")]).toEqual([undefined, undefined]);
    expect(young.get("young-33")).toEqual({ timeMs: 33, digest: 0 });
  });

  test("is given up with the hold", async () => {
    const stage = await stageOf({ limits: { rememberedIdsMax: 6 } });
    for (let generation = 1; generation <= 4; generation += 1) {
      await publish(stage, "a", "b", "c", "d");
      await stage.change({ generation });
    }

    expect(toldOf(stage, "forgotten")).toEqual([]);
  });
});
