import { expect, test } from "vitest";
import { UNDO_MS_MAX } from "../../../../src/lib/domain/job.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { HOUR_MS, ORDER, openScene, type Scene, type SceneOptions } from "../../../support/moves.ts";

const SLOW = { limits: { commitPeriodMs: 60_000, sweepPeriodMs: 60_000 } };

/** `a` and `b` an hour ago, `b` refused so far and parked; `c` and `d` now. */
async function scene(options: SceneOptions = {}): Promise<Scene> {
  const opened = await openScene({
    ...SLOW,
    consumer: consumer(({ id }) => (id === "b" ? answered(500) : ok)),
    ...options,
  });
  await opened.publish("a", "b");
  await opened.pass(HOUR_MS / 2);
  await opened.publish("c", "d");
  opened.came();
  return opened;
}

test("skip to now drops the backlog, parked messages included, and counts it", async () => {
  const { broker, publish, came, lag, pass } = await scene();
  await broker.pauseSubscription("billing");
  await publish("e", "f");

  const { job } = await broker.skip("billing", { ...ORDER, to: "now" });
  await broker.resumeSubscription("billing");
  await pass(3 * HOUR_MS);

  expect(job).toMatchObject({ kind: "skip", state: "done", messages: 3 });
  expect(came()).toBe("");
  expect(await lag()).toBe(0);
});

test("skip to a time drops what is before it and leaves the rest", async () => {
  const { broker, came, publish } = await scene();
  await broker.pauseSubscription("billing");
  await publish("e");

  const { job } = await broker.skip("billing", { ...ORDER, to: "10m" });
  await broker.resumeSubscription("billing");
  await broker.idle();

  expect(job.messages).toBe(1);
  expect(came()).toBe("e");
  expect((await broker.lag("billing")).parked).toBe(0);
});

test.each(["2100-01-01T00:00:00Z", "soon"])("a skip to %s is refused", async (to) => {
  const { broker } = await scene();

  await expect(broker.skip("billing", { ...ORDER, to })).rejects.toMatchObject({ code: "invalid_request" });
});

test("the undo of a skip delivers everything that was dropped; parked messages are due again", async () => {
  const opened = await scene({ subscription: { retryDelaysMs: [HOUR_MS] } });
  await opened.broker.pauseSubscription("billing");
  await opened.publish("e");
  await opened.broker.skip("billing", { ...ORDER, to: "now" });
  expect(await opened.lag()).toBe(0);
  opened.consumer.script(() => ok);

  const dry = await opened.broker.undoMove("billing", { dryRun: true, of: "skip" });
  const { job } = await opened.broker.undoMove("billing", { ...ORDER, of: "skip" });
  expect([dry.job.messages, job.messages]).toEqual([2, 2]);
  expect(await opened.broker.lag("billing")).toMatchObject({ lag: 2, parked: 1 });
  await opened.broker.resumeSubscription("billing");
  await opened.pass(HOUR_MS);

  expect(opened.came()).toBe("e b#2");
});

test("a message acknowledged before the rewind whose replay failed is not pushed again after the undo", async () => {
  const opened = await scene({ subscription: { retryDelaysMs: [2 * HOUR_MS] } });
  opened.consumer.script(({ id }) => (id === "c" ? ok : answered(500)));
  await opened.broker.rewind("billing", { ...ORDER, hours: 1, job: "r" });
  await opened.broker.idle();
  expect(opened.came()).toBe("a@r b@r c@r d@r");

  const dry = await opened.broker.undoMove("billing", { dryRun: true, of: "rewind" });
  const { job } = await opened.broker.undoMove("billing", { ...ORDER, of: "rewind" });
  opened.consumer.script(() => ok);
  expect(await opened.broker.lag("billing")).toMatchObject({ lag: 1, parked: 1 });
  await opened.pass(3 * HOUR_MS);

  expect([dry.job.messages, job.messages]).toEqual([2, 2]);
  expect(opened.came()).toBe("b#2");
});

test("the undo of a rewind leaves settled what was or has become so; suspended entries not settled since are due again", async () => {
  const opened = await scene({ subscription: { maxInFlight: 1, retryDelaysMs: [2 * HOUR_MS] } });
  opened.consumer.script(({ id }) => (id === "a" ? ok : "hold"));
  await opened.broker.rewind("billing", { ...ORDER, hours: 1, job: "r" });
  await opened.clock.advance(0);
  expect(opened.came()).toBe("a@r b@r");

  const { job } = await opened.broker.undoMove("billing", { ...ORDER, of: "rewind" });
  opened.consumer.script(() => ok);
  await opened.broker.idle();
  expect(job).toMatchObject({ kind: "undo", messages: 2 });
  expect(await opened.broker.lag("billing")).toMatchObject({ lag: 1, parked: 1 });
  await opened.pass(3 * HOUR_MS);

  expect(opened.came()).toBe("b#2");
  expect(await opened.lag()).toBe(0);
});

test("after an undo no push is a replay", async () => {
  const { broker, publish, came } = await scene();
  await broker.pauseSubscription("billing");
  await broker.rewind("billing", { ...ORDER, hours: 1 });
  await broker.undoMove("billing", { ...ORDER, of: "rewind" });

  await publish("e");
  await broker.resumeSubscription("billing");
  await broker.idle();

  expect(came()).toBe("e");
});

test("an acknowledgement that arrives after the rewind does not settle the message that is replayed", async () => {
  const opened = await openScene({ consumer: consumer(() => "hold") });
  await opened.broker.publish({ topic: "orders", attributes: [], payload: new Uint8Array([49]), id: "a" });
  await opened.broker.publish({ topic: "orders", attributes: [], payload: new Uint8Array([49]), id: "b" });
  await opened.clock.advance(0);
  opened.consumer.answer("b", ok);
  await opened.clock.advance(0);
  const commit = opened.engine.hold({ call: "cursors.commit" });
  const rewinding = opened.broker.rewind("billing", { ...ORDER, hours: 1, job: "r" });
  await commit.arrived;
  opened.consumer.script(() => ok);
  commit.letGo();
  await rewinding;
  await opened.broker.idle();

  expect(opened.came()).toBe("a b a@r b@r");
});

test.each([
  ["nothing was moved", async () => {}, "rewind"],
  [
    "an undo is not undone",
    async ({ broker }: Scene): Promise<void> => {
      await broker.rewind("billing", { ...ORDER, hours: 1 });
      await broker.undoMove("billing", { ...ORDER, of: "rewind" });
    },
    "rewind",
  ],
  [
    "the last move was a skip",
    async ({ broker }: Scene): Promise<void> => void (await broker.skip("billing", { ...ORDER, to: "now" })),
    "rewind",
  ],
  [
    "a day has passed",
    async ({ broker, pass }: Scene): Promise<void> => {
      await broker.skip("billing", { ...ORDER, to: "now" });
      await pass(UNDO_MS_MAX + 1);
    },
    "skip",
  ],
] as const)("an undo is refused where %s", async (_why, before, of) => {
  const opened = await scene();
  await before(opened);

  await expect(opened.broker.undoMove("billing", { ...ORDER, of })).rejects.toMatchObject({ code: "nothing_to_undo" });
});

test("suspended entries are let go of after 24 hours, and by the next move", async () => {
  const opened = await scene();
  const parked = () => [...opened.storage.parked.values()].reduce((sum, { size }) => sum + size, 0);
  await opened.broker.skip("billing", { ...ORDER, to: "now" });
  expect(parked()).toBe(1);
  await opened.pass(UNDO_MS_MAX - HOUR_MS);
  expect(parked()).toBe(1);

  await opened.pass(2 * HOUR_MS);

  expect(parked()).toBe(0);
});
