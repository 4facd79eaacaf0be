import { afterAll, describe, expect, test } from "vitest";
import { REDRIVES_MAX } from "../../../../src/lib/domain/dead-letter.ts";
import { answered, ok } from "../../../support/consumer.ts";
import type { Stage } from "../../../support/delivery.ts";
import { jobOf, order, receivedFrom, stageOfDead } from "../../../support/letters.ts";

const FIVE = ["a", "b", "c", "d", "e"];

/** Dead letters that are neither redriven nor purged. */
async function left(stage: Stage): Promise<readonly string[]> {
  const [letters] = stage.status().letters?.cursors ?? [];
  const isSettled = (offset: number) =>
    letters !== undefined &&
    (offset < letters.cursor.low || letters.cursor.above.some(({ from, to }) => from <= offset && offset < to));
  return (await stage.deadLetterMessages()).filter(({ offset }) => !isSettled(offset)).map(({ id }) => id);
}

test("redrive delivers all that were there at the start, once each, and settles them among the dead letters", async () => {
  const stage = await stageOfDead(FIVE);

  await order(stage, { matched: 5 });

  expect(receivedFrom(stage, 5)).toEqual(FIVE);
  expect(await left(stage)).toEqual([]);
  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 5, error: null, endedAtMs: stage.clock.now() });
  expect(stage.status().parked).toBe(0);
});

test("what dies after the order stays: a redrive does not chase its own dead", async () => {
  const stage = await stageOfDead(FIVE, () => answered(500));

  await order(stage);

  expect(receivedFrom(stage, 5)).toEqual(FIVE);
  expect(await left(stage)).toHaveLength(5);
  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 5 });
});

test("a redriven entry is parked, due now, pointing into the dead letters; attempts and strikes restart and the redrive count rises", async () => {
  const stage = await stageOfDead(["a"], undefined, {});
  await stage.change({ state: "paused" });

  await order(stage);

  const [entry] = [...(stage.storage.parked.get("subscription-1")?.values() ?? [])];
  expect(entry).toMatchObject({
    ...{ source: { shard: { topicId: "topic-2", index: 0 }, offset: 0 }, redrive: { count: 1 } },
    ...{ attempts: 0, strikes: 0, dueMs: stage.clock.now() },
  });
});

test("redrive works while the subscription is paused: the entries wait, the job ends", async () => {
  const stage = await stageOfDead(FIVE);
  await stage.change({ state: "paused" });

  await order(stage);
  expect(receivedFrom(stage, 5)).toEqual([]);
  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 5 });
  await stage.change({ state: "active" });
  await stage.idle();

  expect(receivedFrom(stage, 5)).toEqual(FIVE);
});

test("a filter redrives what it matches; the others stay", async () => {
  const stage = await stageOfDead(["a"]);
  stage.consumer.script(() => answered(422));
  await stage.publish("b");
  stage.consumer.script(() => answered(501));
  await stage.publish("c");
  stage.consumer.script(() => ok);

  await order(stage, { filter: { status: 422 } });

  expect(receivedFrom(stage, 3)).toEqual(["b"]);
  expect(await left(stage)).toEqual(["a", "c"]);
  expect(await jobOf(stage)).toMatchObject({ redriven: 1 });
});

test("--max-messages redrives the oldest so many", async () => {
  const stage = await stageOfDead(FIVE, undefined, { limits: { redriveBatchMax: 2 } });

  await order(stage, { countMax: 3 });

  expect(receivedFrom(stage, 5)).toHaveLength(3);
  expect(await left(stage)).toHaveLength(2);
  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 3 });
});

test("--rate redrives so many a second", async () => {
  const stage = await stageOfDead(FIVE);

  await order(stage, { ratePerS: 2 });
  expect(receivedFrom(stage, 5)).toHaveLength(1);
  await stage.pass(1_000);
  expect(receivedFrom(stage, 5)).toHaveLength(3);
  await stage.pass(1_000);

  expect(receivedFrom(stage, 5)).toEqual(FIVE);
  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 5 });
});

test("a cancelled redrive ends where it is: what is parked goes on, the rest stays, the count is exact", async () => {
  const stage = await stageOfDead(FIVE);
  await order(stage, { ratePerS: 1 });
  await stage.pass(1_000);

  const job = await stage.engine.catalog.get("job", "j-1");
  await stage.engine.catalog.put("job", "j-1", { ...(await jobOf(stage)), state: "cancelled" }, job?.version ?? 0);
  await stage.pass(10_000);

  expect(receivedFrom(stage, 5)).toHaveLength(2);
  expect(await left(stage)).toHaveLength(3);
  expect(await jobOf(stage)).toMatchObject({ state: "cancelled", redriven: 2 });
});

test("progress is told at most once a second", async () => {
  const stage = await stageOfDead(FIVE, undefined, { limits: { redriveBatchMax: 1 } });
  const told: number[] = [];
  stage.engine.catalog.watch(({ kind, document }) => {
    const { state, redriven } = Object(document?.value);
    if (kind === "job" && state === "running") told.push(redriven);
  });

  await order(stage, { ratePerS: 4 });
  await stage.pass(5_000);

  expect(told).toEqual([0, 1, 5]);
});

test("a redrive fills at most half of what may be parked, and goes on as room comes", async () => {
  const stage = await stageOfDead(FIVE, () => "hold", { limits: { parkedMax: 4 } });

  void order(stage);
  await stage.clock.advance(2_000);
  expect(stage.status().parked).toBe(2);
  for (const id of stage.consumer.held) stage.consumer.answer(id, ok);
  stage.consumer.script(() => ok);
  await stage.pass(2_000);

  expect(receivedFrom(stage, 5)).toEqual(FIVE);
  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 5 });
});

describe("after 5 redrives a message is set aside", () => {
  /** `a` died once more after each of so many redrives. */
  async function redrivenTimes(times: number): Promise<Stage> {
    const stage = await stageOfDead(["a"], () => answered(500));
    for (let time = 1; time <= times; time += 1) await order(stage, { id: `j-${time}` });
    return stage;
  }

  test("it stays in the dead letter topic, counted apart, neither parked nor due", async () => {
    const four = await redrivenTimes(REDRIVES_MAX - 1);
    expect(four.status()).toMatchObject({ parked: 0, letters: { setAside: 0 } });
    expect(await left(four)).toEqual(["a"]);

    const five = await redrivenTimes(REDRIVES_MAX);

    expect(await five.deadLetterMessages()).toHaveLength(6);
    expect(await left(five)).toEqual([]);
    expect(five.status()).toMatchObject({ parked: 0, nextAttemptMs: null, letters: { setAside: 1 } });
    expect((await five.crash()).status()).toMatchObject({ parked: 0, letters: { setAside: 1 } });
  });

  test("it is redriven only with --include-set-aside", async () => {
    const stage = await redrivenTimes(REDRIVES_MAX);
    stage.consumer.script(() => ok);

    await order(stage, { id: "without" });
    expect(await jobOf(stage, "without")).toMatchObject({ state: "done", redriven: 0 });
    await order(stage, { id: "with", includeSetAside: true, asideMatched: 1 });

    expect(await jobOf(stage, "with")).toMatchObject({ state: "done", redriven: 1 });
    expect(stage.consumer.received).toHaveLength(1 + REDRIVES_MAX + 1);
    expect(stage.status()).toMatchObject({ parked: 0, letters: { setAside: 0 } });
  });

  test("a crash between the dead letter and its setting aside: it is set aside once", async () => {
    const stage = await redrivenTimes(REDRIVES_MAX - 1);
    const aside = stage.engine.hold({ call: "log.append", on: "topic-2" });
    void order(stage, { id: "last" });
    await aside.arrived;
    const put = stage.engine.hold({ call: "parked.put" });
    aside.letGo();
    await put.arrived;

    const after = await stage.crash();
    await after.pass(1_000);

    expect(await after.deadLetterMessages()).toHaveLength(6);
    expect(after.status()).toMatchObject({ parked: 0, letters: { setAside: 1 } });
    expect(await left(after)).toEqual([]);
  });

  test("it goes with its dead letter when that is past its time", async () => {
    const first = await redrivenTimes(REDRIVES_MAX);
    const document = await first.engine.catalog.get("topic", "billing_errors");
    await first.engine.catalog.put("topic", "billing_errors", { ...Object(document?.value), ttlMs: 60_000 }, 1);
    const stage = await first.crash();

    await stage.pass(50_000);
    expect(stage.status().letters).toMatchObject({ setAside: 1 });
    await stage.pass(20_000);

    expect(stage.status().letters).toMatchObject({ setAside: 0 });
    expect(stage.storage.parked.get("subscription-1")?.size).toBe(0);
  });
});

describe("a crash at any point loses nothing and counts nothing twice", () => {
  afterAll(() => expect(reached.filter(Boolean).length).toBeGreaterThan(8));

  const reached: boolean[] = [];
  const CALLS = ["parked.put", "cursors.commit", "catalog.put", "log.read", "log.append"] as const;

  test.each(CALLS.flatMap((call) => [1, 2, 3].map((after) => ({ call, after }))))(
    "at $call number $after",
    async ({ call, after }) => {
      const stage = await stageOfDead(FIVE, undefined, { limits: { redriveBatchMax: 2 } });
      await stage.pass(1_000);
      let isStopped = false;
      void stage.engine.hold({ call, skip: call === "catalog.put" ? after : after - 1 }).arrived.then(() => {
        isStopped = true;
      });
      void order(stage, { matched: 5 });
      await stage.clock.advance(2_000);

      const next = await stage.crash();
      reached.push(isStopped);
      await next.pass(5_000);

      expect(new Set(receivedFrom(next, 5))).toEqual(new Set(FIVE));
      expect(await left(next)).toEqual([]);
      expect(await jobOf(next)).toMatchObject({ state: "done", redriven: 5 });
      expect(next.status().parked).toBe(0);
    },
  );
});

test("a letter is settled once its park is durable, and not before: a crash between the two loses nothing", async () => {
  const stage = await stageOfDead(FIVE);
  await stage.change({ state: "paused" });
  await stage.idle();
  const park = stage.engine.hold({ call: "parked.put" });
  void order(stage);
  await park.arrived;
  await stage.clock.advance(2_000);

  const after = await stage.crash();
  await after.idle();
  await after.change({ state: "active" });
  await after.pass(2_000);

  expect(receivedFrom(after, 5)).toEqual(FIVE);
});

test("a write that fails, and one that is told to have failed, are made again: each is redriven once", async () => {
  const stage = await stageOfDead(FIVE, undefined, { limits: { redriveBatchMax: 2 } });
  stage.engine.fail({ call: "parked.put", times: 1, point: "after" });
  stage.engine.fail({ call: "catalog.put", on: "j-1", times: 1, point: "after" });

  await order(stage).catch(() => undefined);
  await stage.pass(10_000);

  expect(await jobOf(stage)).toMatchObject({ state: "done", redriven: 5 });
  expect(await left(stage)).toEqual([]);
});

test("letters of other subscriptions are passed over, and not touched", async () => {
  const stage = await stageOfDead(["a"]);
  const [letter] = await stage.deadLetterMessages();
  const attributes = (letter?.attributes ?? []).map(
    ([name, value]) => [name, name === "source-subscription" ? "shipping" : value] as const,
  );
  await stage.engine.log.append("topic-2", [{ id: "theirs", attributes, payload: new Uint8Array([49]) }]);

  await order(stage);

  expect(receivedFrom(stage, 1)).toEqual(["a"]);
  expect(await jobOf(stage)).toMatchObject({ redriven: 1 });
});

describe("purge", () => {
  const purge = async (stage: Stage, filter = {}) => {
    const purged = stage.delivery.purgeLetters("subscription-1", { filter, ends: [{ shard: 0, offset: 1_000 }] });
    await stage.clock.advance(1_000);
    return await purged;
  };

  test("settles the dead letters durably and says how many", async () => {
    const stage = await stageOfDead(FIVE);

    expect(await purge(stage)).toBe(5);

    const after = await stage.crash();
    await after.idle();
    expect(await left(after)).toEqual([]);
    expect(await purge(after)).toBe(0);
  });

  test("takes only what its filter means", async () => {
    const stage = await stageOfDead(["a"]);
    stage.consumer.script(() => answered(422));
    await stage.publish("b");

    expect(await purge(stage, { status: 422 })).toBe(1);

    expect(await left(stage)).toEqual(["a"]);
  });

  test("takes what is set aside, too", async () => {
    const stage = await stageOfDead(["a"], () => answered(500));
    for (let time = 1; time <= REDRIVES_MAX; time += 1) await order(stage, { id: `j-${time}` });

    expect(await purge(stage)).toBe(1);

    expect(stage.status().letters).toMatchObject({ setAside: 0 });
    expect((await stage.crash()).status().letters).toMatchObject({ setAside: 0 });
  });

  test("what one cannot commit is committed later, and only then it is answered", async () => {
    const stage = await stageOfDead(FIVE);
    const lift = stage.engine.fail({ call: "cursors.commit" });
    let purged: number | undefined;
    const done = stage.delivery
      .purgeLetters("subscription-1", { filter: {}, ends: [{ shard: 0, offset: 5 }] })
      .then((count) => {
        purged = count;
      });

    await stage.clock.advance(5_000);
    expect(purged).toBeUndefined();
    lift();
    await stage.clock.advance(5_000);
    await done;

    expect(purged).toBe(5);
  });
});
