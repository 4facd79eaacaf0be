import { expect, test } from "vitest";
import { bytes } from "../../../support/broker.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { HOUR_MS, ORDER, openScene, type Scene, type SceneOptions } from "../../../support/moves.ts";

const fails = (...ids: readonly string[]) => consumer(({ id }) => (ids.includes(id) ? answered(500) : ok));

/** One message an hour, all pushed: `a` four hours ago to `d` one hour ago. */
async function fourHours(options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene({ limits: { commitPeriodMs: 60_000, sweepPeriodMs: 60_000 }, ...options });
  for (const id of ["a", "b", "c", "d"]) {
    await scene.publish(id);
    await scene.pass(HOUR_MS);
  }
  scene.came();
  return scene;
}

test("rewind by hours: what was published since is delivered again, in order, and nothing else", async () => {
  const { broker, came, clock } = await fourHours();

  const { job } = await broker.rewind("billing", { ...ORDER, hours: 2, job: "r" });
  await broker.idle();

  expect(job).toMatchObject({ state: "done", messages: 2, toMs: clock.now() - 2 * HOUR_MS, clamped: false });
  expect(job.fromMs).toBe(clock.now() - HOUR_MS);
  expect(came()).toBe("c@r d@r");
});

test("hours may be decimals", async () => {
  const { broker, came } = await fourHours();

  const { job } = await broker.rewind("billing", { ...ORDER, hours: 1.5, job: "r" });
  await broker.idle();

  expect(job.messages).toBe(1);
  expect(came()).toBe("d@r");
});

test.each([0, -1, 168.01, Number.NaN, Number.POSITIVE_INFINITY])(
  "%d hours are refused: more than 0, at most what is kept",
  async (hours) => {
    const { broker, came } = await fourHours();

    await expect(broker.rewind("billing", { ...ORDER, hours })).rejects.toMatchObject({ code: "invalid_request" });

    await broker.idle();
    expect(came()).toBe("");
    expect(await broker.listJobs({})).toEqual([]);
  },
);

test("--to takes a time, or how long ago", async () => {
  const { broker, came, clock } = await fourHours();

  await broker.rewind("billing", { ...ORDER, to: new Date(clock.now() - 3 * HOUR_MS).toISOString(), job: "r" });
  await broker.idle();
  expect(came()).toBe("b@r c@r d@r");
  await broker.rewind("billing", { ...ORDER, to: "90m", job: "s" });
  await broker.idle();

  expect(came()).toBe("d@s");
});

test.each([{ to: "yesterday" }, { to: "2" }, {}, { hours: 1, to: "1h" }])("%j is no rewind", async (request) => {
  const { broker } = await fourHours();

  await expect(broker.rewind("billing", { ...ORDER, ...request })).rejects.toMatchObject({ code: "invalid_request" });
});

test("a time older than the oldest message is clamped to it, and that is said", async () => {
  const { broker, came, clock } = await fourHours();

  const { job } = await broker.rewind("billing", { ...ORDER, hours: 100, job: "r" });
  await broker.idle();

  expect(job).toMatchObject({ clamped: true, toMs: clock.now() - 4 * HOUR_MS, messages: 4 });
  expect(came()).toBe("a@r b@r c@r d@r");
});

test("expired messages are not replayed and not counted", async () => {
  const { broker, came, clock } = await fourHours({ ttlMs: 4 * HOUR_MS });

  const { job } = await broker.rewind("billing", { ...ORDER, hours: 4, job: "r" });
  await broker.idle();

  expect(job).toMatchObject({ clamped: true, toMs: clock.now() - 3 * HOUR_MS, messages: 3 });
  expect(came()).toBe("b@r c@r d@r");
  expect((await broker.lag("billing")).expired).toBe(0);
});

test("a replay that expires before it comes was delivered once and is not counted as expired", async () => {
  const { broker, pass, came } = await fourHours({ ttlMs: 5 * HOUR_MS });
  await broker.pauseSubscription("billing");
  await broker.rewind("billing", { ...ORDER, hours: 4, job: "r" });

  await pass(2 * HOUR_MS);
  await broker.resumeSubscription("billing");
  await broker.idle();

  expect(came()).toBe("c@r d@r");
  expect((await broker.lag("billing")).expired).toBe(0);
});

test("a message that had failed before the rewind and expires before it comes again is counted", async () => {
  const { broker, pass } = await fourHours({
    ttlMs: 5 * HOUR_MS,
    consumer: fails("b"),
    subscription: { retryDelaysMs: [24 * HOUR_MS] },
  });
  await broker.pauseSubscription("billing");
  await broker.rewind("billing", { ...ORDER, hours: 4 });

  await pass(2 * HOUR_MS);

  expect((await broker.lag("billing")).expired).toBe(1);
});

test("forward is refused with a hint to subscription skip, where nothing at or above the target is settled or parked", async () => {
  const { broker, clock, came } = await fourHours();

  const to = new Date(clock.now() - 1_000).toISOString();
  const refused = broker.rewind("billing", { ...ORDER, to });

  await expect(refused).rejects.toMatchObject({
    code: "rewind_forward",
    hint: `kbroker subscription skip billing --to ${to}`,
  });
  await broker.idle();
  expect(came()).toBe("");
});

test("a time to come is refused with a hint to skip what there is now", async () => {
  const { broker, clock } = await fourHours();

  const refused = broker.rewind("billing", { ...ORDER, to: new Date(clock.now() + HOUR_MS).toISOString() });

  await expect(refused).rejects.toMatchObject({ hint: "kbroker subscription skip billing --to now" });
});

test("a target with only a parked message behind it is no step forward", async () => {
  const { broker, came } = await fourHours({ consumer: fails("d"), subscription: { retryDelaysMs: [24 * HOUR_MS] } });

  const { job } = await broker.rewind("billing", { ...ORDER, hours: 1, job: "r" });
  await broker.idle();

  expect(job.messages).toBe(1);
  expect(came()).toBe("d@r");
});

test("what was unsettled below the target stays so", async () => {
  const scene = await openScene({ consumer: consumer(({ id }) => (id === "slow" ? "hold" : ok)) });
  for (const id of ["slow", "a", "b"]) {
    await scene.broker.publish({ topic: "orders", id, attributes: [], payload: bytes("1") });
    await scene.clock.advance(60_000);
  }
  scene.came();

  const { job } = await scene.broker.rewind("billing", { ...ORDER, to: "90s", job: "r" });
  await scene.clock.advance(0);

  expect(job.messages).toBe(1);
  expect(scene.came()).toBe("slow b@r");
});

test("parked entries at or above the target are suspended: they come again by themselves, once, and those below stay parked", async () => {
  const scene = await openScene({ consumer: fails("old", "new") });
  await scene.publish("old");
  await scene.pass(30 * 60_000);
  await scene.publish("new");
  await scene.pass(10 * 60_000);
  scene.came();
  scene.consumer.script(() => ok);

  const { job } = await scene.broker.rewind("billing", { ...ORDER, to: "20m", job: "r" });
  await scene.broker.idle();
  expect(job.messages).toBe(1);
  expect(scene.came()).toBe("new@r");
  expect((await scene.broker.lag("billing")).parked).toBe(1);
  await scene.pass(2 * HOUR_MS);

  expect(scene.came()).toBe("old#2");
  expect(await scene.lag()).toBe(0);
});

test("suspended entries count as nothing, also after a restart", async () => {
  const scene = await openScene({ consumer: fails("a"), subscription: { maxInFlight: 1 } });
  await scene.publish("a", "b");
  await scene.broker.pauseSubscription("billing");
  expect(await scene.lag()).toBe(1);

  await scene.broker.rewind("billing", { ...ORDER, hours: 1 });
  expect(await scene.broker.lag("billing")).toMatchObject({ lag: 2, parked: 0 });
  const after = await scene.crash();

  expect(await after.broker.lag("billing")).toMatchObject({ lag: 2, parked: 0 });
});

test("entries that point into the dead letter topic are untouched", async () => {
  const scene = await openScene();
  await scene.publish("a");
  const subscription = await scene.broker.describeSubscription("billing");
  const errors = (await scene.broker.describeTopic("billing_errors")).topic;
  const entry = {
    source: { shard: { topicId: errors.id, index: 0 }, offset: 0 },
    ...{
      generation: 0,
      publishTimeMs: scene.clock.now(),
      attempts: 1,
      strikes: 1,
      dueMs: scene.clock.now() + HOUR_MS * 900,
    },
    ...{ firstFailureMs: 0, lastFailureMs: 0, lastStatus: 500, reason: "", redrive: { count: 1 } },
  };
  scene.storage.parked.set(subscription.subscription.id, new Map([["k", entry]]));
  const again = await scene.crash();
  expect((await again.broker.lag("billing")).parked).toBe(1);

  const { job } = await again.broker.rewind("billing", { ...ORDER, hours: 1 });

  expect(job.messages).toBe(1);
  expect((await again.broker.lag("billing")).parked).toBe(1);
  expect([...(scene.storage.parked.get(subscription.subscription.id)?.values() ?? [])]).toEqual([entry]);
});

test("a paused subscription stays paused and has its backlog", async () => {
  const { broker, came, lag } = await fourHours();
  await broker.pauseSubscription("billing");

  await broker.rewind("billing", { ...ORDER, hours: 2, job: "r" });
  await broker.idle();
  expect(came()).toBe("");
  expect(await lag()).toBe(2);
  expect((await broker.describeSubscription("billing")).subscription.state).toBe("paused");
  await broker.resumeSubscription("billing");
  await broker.idle();

  expect(came()).toBe("c@r d@r");
});

test("a dry run says what would happen and changes nothing", async () => {
  const { broker, came } = await fourHours();

  const { job, isOrdered } = await broker.rewind("billing", { dryRun: true, hours: 2 });
  await broker.idle();

  expect(isOrdered).toBe(false);
  expect(job).toMatchObject({ messages: 2, targets: [{ shard: 0, offset: 2 }] });
  expect(came()).toBe("");
  expect(await broker.listJobs({})).toEqual([]);
  expect((await broker.describeSubscription("billing")).subscription.generation).toBe(0);
});

test.each([".", "..", "", "a/b", "x".repeat(129)])("%j is refused as the id of a job", async (job) => {
  const { broker } = await fourHours();

  const order = broker.rewind("billing", { ...ORDER, hours: 2, job });

  await expect(order).rejects.toMatchObject({ code: "invalid_request" });
  expect(await broker.listJobs({})).toEqual([]);
});

test("repeating a job id does nothing twice, also when it is done; with another wish it is refused", async () => {
  const { broker, came } = await fourHours();
  const first = await broker.rewind("billing", { ...ORDER, hours: 2, job: "r" });
  await broker.idle();
  came();

  const second = await broker.rewind("billing", { ...ORDER, hours: 2, job: "r" });
  const dry = await broker.rewind("billing", { dryRun: true, hours: 2, job: "r" });
  await broker.idle();

  expect(second).toEqual(first);
  expect(dry).toEqual(first);
  expect(came()).toBe("");
  for (const request of [{ hours: 3 }, { hours: 2, ratePerS: 1 }]) {
    await expect(broker.rewind("billing", { ...ORDER, ...request, job: "r" })).rejects.toMatchObject({
      code: "job_exists",
    });
  }
  await expect(broker.skip("billing", { ...ORDER, to: "now", job: "r" })).rejects.toMatchObject({ code: "job_exists" });
});

test("an id that is none is refused", async () => {
  const { broker } = await fourHours();

  for (const job of ["", "a b", "x".repeat(129)]) {
    await expect(broker.rewind("billing", { ...ORDER, hours: 1, job })).rejects.toMatchObject({
      code: "invalid_request",
    });
  }
});

test("one job is active for a subscription; an order that the owner has not carried out after 10 s is answered as running", async () => {
  const { broker, engine, clock, came } = await fourHours();
  const commit = engine.hold({ call: "cursors.commit" });
  const ordering = broker.rewind("billing", { ...ORDER, hours: 1, job: "r" });
  await commit.arrived;

  await expect(broker.rewind("billing", { ...ORDER, hours: 2 })).rejects.toMatchObject({
    code: "job_active",
    hint: "kbroker job watch r",
  });
  await expect(broker.skip("billing", { ...ORDER, to: "now" })).rejects.toMatchObject({ code: "job_active" });
  await clock.advance(10_000);
  expect((await ordering).job).toMatchObject({ id: "r", state: "running" });
  commit.letGo();
  await broker.idle();

  expect((await broker.describeJob("r")).job.state).toBe("done");
  expect(came()).toBe("d@r");
});

test("ten rewinds in a row: the last one holds, and every push is a replay", async () => {
  const { broker, came } = await fourHours();

  for (let round = 0; round < 10; round += 1) await broker.rewind("billing", { ...ORDER, hours: 3, job: `r${round}` });
  await broker.idle();

  const pushes = came().split(" ");
  expect(pushes.slice(-3)).toEqual(["b@r9", "c@r9", "d@r9"]);
  expect(pushes.filter((push) => !push.includes("@"))).toEqual([]);
});

test("a job says how many of its replays are still to come", async () => {
  const { broker } = await fourHours();
  await broker.pauseSubscription("billing");
  await broker.rewind("billing", { ...ORDER, hours: 3, job: "r" });
  expect((await broker.describeJob("r")).remaining).toBe(3);

  await broker.resumeSubscription("billing");
  await broker.idle();

  expect((await broker.describeJob("r")).remaining).toBe(0);
});

test("X-KB-Replay stands on replays and their retries, survives a restart, and not on what is published afterwards", async () => {
  const scene = await fourHours({ subscription: { retryDelaysMs: [1_000] } });
  await scene.broker.pauseSubscription("billing");
  await scene.broker.rewind("billing", { ...ORDER, hours: 2, job: "r" });
  await scene.publish("new");
  scene.consumer.script(({ attempt }) => (attempt === 1 ? answered(500) : ok));

  const after = await scene.crash();
  await after.broker.resumeSubscription("billing");
  await after.pass(0);
  await (await after.crash()).pass(1_000);

  expect(after.came()).toBe("c@r d@r new c#2@r d#2@r new#2");
});

test("a rate holds replays to it, while other messages go on, and survives a restart", async () => {
  const scene = await fourHours();
  await scene.broker.rewind("billing", { ...ORDER, hours: 4, job: "r", ratePerS: 2 });
  await scene.pass(0);
  expect(scene.came()).toBe("a@r");

  await scene.publish("new");
  expect(scene.came()).toBe("new");
  await scene.pass(499);
  expect(scene.came()).toBe("");
  await scene.pass(1);
  expect(scene.came()).toBe("b@r");
  const after = await scene.crash();
  await after.pass(5_000);

  expect(
    after
      .came()
      .split(" ")
      .filter((push) => !push.startsWith("a@") && !push.startsWith("b@")),
  ).toContain("d@r");
  expect(await after.lag()).toBe(0);
});

test.each([0, -1, 1e9])("a rate of %d is refused over HTTP", async (rate) => {
  const { rewindBody } = await import("../../../../src/lib/api/move.ts");

  expect(rewindBody.safeParse({ hours: 1, rate }).success).toBe(false);
});
