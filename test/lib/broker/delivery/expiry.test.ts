import { expect, test } from "vitest";
import { readDeadLetter } from "../../../../src/lib/domain/dead-letter.ts";
import { HOUR_MS } from "../../../../src/lib/domain/topic.ts";
import { answered, consumer, ok, refused } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";

const SHARD = { topicId: "topic-1", index: 0 };
const patient = { retry: { kind: "list", delaysMs: [48 * HOUR_MS] } } as const;

test("what expires behind a pause is passed and counted, once, over a crash", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, subscription: { state: "paused" } });
  await stage.publish("a", "b");
  await stage.pass(HOUR_MS / 2);
  await stage.publish("c");

  await stage.pass(HOUR_MS / 2 + 11_000);
  expect(await stage.committed()).toMatchObject({ low: 2, expired: 2 });
  const after = await stage.crash();
  await after.pass(HOUR_MS);

  expect(await after.committed()).toMatchObject({ low: 3, expired: 3 });
  expect(stage.consumer.log()).toBe("");
  expect(stage.notes.lines).toContainEqual("expired billing orders 2");
});

test("a message expires at the very end of its time, not before", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, subscription: { state: "paused" } });
  await stage.publish("a");

  await stage.pass(HOUR_MS - 1);
  await stage.change({ state: "active" });
  await stage.idle();
  expect(stage.consumer.log()).toBe("a");
  await stage.publish("b");
  await stage.change({ state: "paused" });
  await stage.append(["c"]);
  await stage.pass(HOUR_MS);
  await stage.change({ state: "active" });
  await stage.pass(500);

  expect(stage.consumer.log()).toBe("a b");
  expect(await stage.committed()).toMatchObject({ low: 3, expired: 1 });
});

test("what expires behind a dead endpoint is passed and counted, also where it was read ahead", async () => {
  const stage = await openStage({
    ttlMs: HOUR_MS,
    consumer: consumer(() => refused),
    subscription: { maxInFlight: 3 },
  });
  const ids = Array.from({ length: 1_500 }, (_, index) => `m${index}`);
  await stage.publish(...ids);

  await stage.pass(HOUR_MS + 21_000);

  const probed = await stage.deadLetters();
  expect(probed.slice(0, 3)).toEqual(["m0: expired", "m1: expired", "m2: expired"]);
  expect(probed.length).toBeLessThan(400);
  expect(await stage.committed()).toMatchObject({ low: 1_500, expired: 1_500 });
}, 60_000);

test("a message that was tried and expires goes to the dead letter topic as expired, and is counted", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, consumer: consumer(() => answered(500)), subscription: patient });
  await stage.publish("a");

  await stage.pass(HOUR_MS + 11_000);

  const [letter] = await stage.deadLetterMessages();
  expect(letter && readDeadLetter(letter)?.info).toMatchObject({
    errorClass: "expired",
    reason: "expired after 1h; the last attempt: answered 500",
    status: 500,
    attempts: 1,
  });
  expect(await stage.committed()).toMatchObject({ low: 1, expired: 1 });
  expect(stage.notes.lines).toContainEqual("deadLettered billing orders");
  expect(stage.status().parked).toBe(0);
});

test("so does one that is paused", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, consumer: consumer(() => answered(500)), subscription: patient });
  await stage.publish("a");
  await stage.change({ state: "paused" });

  await stage.pass(HOUR_MS + 11_000);

  expect(await stage.deadLetters()).toEqual(["a: expired"]);
});

test("one that is due after its time is not pushed", async () => {
  const stage = await openStage({
    ttlMs: HOUR_MS,
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs: [HOUR_MS] } },
    limits: { sweepPeriodMs: 24 * HOUR_MS },
  });

  await stage.publish("a");
  await stage.pass(HOUR_MS);

  expect(stage.consumer.log()).toBe("a");
  expect(await stage.deadLetters()).toEqual(["a: expired"]);
});

test("a crash between the letter of an expired message and its settling counts it once", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, consumer: consumer(() => answered(500)), subscription: patient });
  await stage.publish("a");
  await stage.pass(500);
  stage.engine.hold({ call: "cursors.commit" });
  await stage.clock.advance(HOUR_MS + 11_000);
  expect(await stage.deadLetters()).toEqual(["a: expired"]);

  const after = await stage.crash();
  await after.pass(1_000);

  expect(await after.deadLetters()).toEqual(["a: expired"]);
  expect(await after.committed()).toMatchObject({ expired: 1 });
});

test("a wall clock that jumps forward expires nothing", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, subscription: { state: "paused" } });
  await stage.publish("a");

  stage.clock.jump(48 * HOUR_MS);
  await stage.pass(20_000);
  await stage.change({ state: "active" });
  await stage.idle();

  expect(stage.consumer.log()).toBe("a");
});

test("what was trimmed before anybody received it counts as expired, once", async () => {
  const stage = await openStage({ subscription: { state: "paused" } });
  await stage.publish("a", "b", "c");
  await stage.engine.log.trim(SHARD, 2);

  await stage.change({ state: "active" });
  await stage.pass(500);
  expect(await stage.committed()).toMatchObject({ low: 3, expired: 2 });
  await (await stage.crash()).pass(500);

  expect(stage.consumer.log()).toBe("c");
  expect(await stage.committed()).toMatchObject({ expired: 2 });
});

test("an answer that comes after the message's time still counts", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, consumer: consumer(() => "hold") });
  await stage.append(["a"]);
  await stage.clock.advance(HOUR_MS + 11_000);

  stage.consumer.answer("a", ok);
  await stage.pass(500);

  expect(await stage.committed()).toMatchObject({ low: 1, expired: 0 });
});

test("a sweep keeps nothing of a paused subscription's log in memory", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, subscription: { state: "paused" } });
  await stage.publish("a");
  await stage.pass(HOUR_MS - 5_000);
  await stage.publish("b");
  await stage.pass(20_000);

  await stage.engine.log.trim(SHARD, 2);
  await stage.change({ state: "active" });
  await stage.idle();

  expect(stage.consumer.log()).toBe("");
});
