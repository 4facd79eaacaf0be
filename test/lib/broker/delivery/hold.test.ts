import { expect, test } from "vitest";
import { cursorAt } from "../../../../src/lib/domain/cursor.ts";
import type { ReadResult } from "../../../../src/lib/engine/port.ts";
import { consumer, ok } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";
import { isPending } from "../../../support/promises.ts";

const SHARD = { topicId: "topic-1", index: 0 };

test("a result of an older generation settles nothing: its message comes again", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold") });
  await stage.append(["a"]);
  await stage.clock.advance(0);

  await stage.change({ generation: 1 });
  await stage.clock.advance(0);
  expect(stage.consumer.log()).toBe("a a");
  expect(stage.notes.lines).toEqual([]);
  await stage.append(["b"]);
  await stage.clock.advance(500);
  stage.consumer.answer("b", ok);
  await stage.clock.advance(500);

  expect(await stage.committed()).toMatchObject({ low: 0, above: [{ from: 1, to: 2 }], generation: 1 });
});

test("a result of an older epoch settles nothing", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold") });
  await stage.append(["a"]);
  await stage.clock.advance(0);

  const after = await stage.crash();
  await after.clock.advance(0);
  stage.consumer.answer("a", ok);
  await after.clock.advance(5_000);

  expect(stage.consumer.log()).toBe("a a");
  expect(await after.committed()).toBeUndefined();
});

test("what was settled before a generation ends is committed", async () => {
  const stage = await openStage();
  await stage.publish("a");

  await stage.change({ generation: 1 });
  await stage.idle();

  expect(await stage.committed()).toMatchObject({ low: 1 });
  expect(stage.consumer.log()).toBe("a");
});

test("a cursor of another topic or subscription is ignored", async () => {
  const stage = await openStage({ start: false });
  await stage.append(["a"]);
  await stage.engine.cursors.init("subscription-1", [
    { shard: SHARD, cursor: cursorAt(1, { topicId: "topic-1", subscriptionId: "an earlier one" }) },
  ]);

  await stage.delivery.start();
  await stage.idle();

  expect(stage.consumer.log()).toBe("a");
  expect(stage.notes.lines).toContainEqual(
    expect.stringContaining("A cursor of another topic or subscription is ignored"),
  );
});

test("a cursor beyond the end of its log settles nothing unseen", async () => {
  const stage = await openStage({ start: false });
  await stage.append(["a"]);
  await stage.engine.cursors.init("subscription-1", [
    { shard: SHARD, cursor: cursorAt(5, { topicId: "topic-1", subscriptionId: "subscription-1" }) },
  ]);

  await stage.delivery.start();
  await stage.publish("b");

  expect(stage.consumer.log()).toBe("b");
  expect(stage.notes.lines).toContainEqual(expect.stringContaining("beyond the end of its log"));
});

test("damaged offsets are settled and counted, holes are settled, the rest is pushed", async () => {
  const stage = await openStage({ start: false });
  await stage.append(["a", "b", "c", "d", "e"]);
  const { read } = stage.engine.log;
  const broken = async (...args: Parameters<typeof read>): Promise<ReadResult> => {
    const { records, next } = await read(...args);
    return {
      records: records.filter(({ id }) => id === "a" || id === "d"),
      next,
      damaged: args[1] === 0 ? [{ from: 1, to: 2 }] : [],
    };
  };
  Object.assign(stage.engine.log, { read: broken });

  await stage.delivery.start();
  await stage.pass(500);

  expect(stage.consumer.log()).toBe("a d");
  expect(await stage.committed()).toMatchObject({ low: 5, damaged: 1, expired: 0 });
  expect(stage.notes.lines).toContainEqual("damaged billing orders 1");
});

test("a subscription that is made while the broker runs is pushed", async () => {
  const stage = await openStage();
  const document = await stage.engine.catalog.get("subscription", "billing");
  const second = { ...Object(document?.value), name: "shipping", id: "subscription-2" };

  await stage.engine.catalog.put("subscription", "shipping", second, 0);
  await stage.publish("a");

  expect(
    stage.consumer.received.map(({ push }) => push.headers[push.headers.indexOf("x-kb-subscription") + 1]).sort(),
  ).toEqual(["billing", "shipping"]);
});

test("a subscription that is deleted is let go of, and one of the same name begins anew", async () => {
  const stage = await openStage();
  await stage.publish("a");
  const document = await stage.engine.catalog.get("subscription", "billing");

  await stage.engine.catalog.delete("subscription", "billing", document?.version ?? 0);
  await stage.publish("b");
  expect(stage.consumer.log()).toBe("a");
  expect(stage.delivery.status("subscription-1")).toBeUndefined();
  await stage.engine.catalog.put("subscription", "billing", { ...Object(document?.value), id: "subscription-9" }, 0);
  await stage.idle();

  expect(stage.consumer.log()).toBe("a a b");
});

test("a subscription whose topic is not there yet is tried until it is", async () => {
  const stage = await openStage({ start: false });
  const document = await stage.engine.catalog.get("topic", "orders");
  await stage.engine.catalog.delete("topic", "orders", document?.version ?? 0);
  await stage.delivery.start();
  await stage.publish("a");
  expect(stage.consumer.log()).toBe("");

  await stage.engine.catalog.put("topic", "orders", document?.value, 0);
  await stage.pass(1_000);

  expect(stage.consumer.log()).toBe("a");
});

test("a document in a strange form harms nobody else", async () => {
  const stage = await openStage({ start: false });
  await stage.engine.catalog.put("subscription", "strange", { name: "strange" }, 0);

  await stage.delivery.start();
  await stage.publish("a");

  expect(stage.consumer.log()).toBe("a");
  expect(stage.notes.lines).toContainEqual(expect.stringContaining("a form that this version does not know"));
});

test("stop lets what is in flight finish, commits, and starts nothing new", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 2 } });
  await stage.append(["a", "b", "c"]);
  await stage.clock.advance(0);

  const stopped = stage.delivery.stop(20_000);
  stage.consumer.answer("a", ok);
  expect(await isPending(stopped)).toBe(true);
  stage.consumer.answer("b", ok);
  await stopped;

  expect(stage.consumer.log()).toBe("a b");
  expect(await stage.committed()).toMatchObject({ low: 2 });
});

test("what does not finish in time is aborted, stays unsettled and comes again", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "slow" ? "hold" : ok)) });
  await stage.append(["slow", "a"]);
  await stage.clock.advance(0);

  const stopped = stage.delivery.stop(20_000);
  await stage.clock.advance(19_999);
  expect(await isPending(stopped)).toBe(true);
  await stage.clock.advance(1);
  await stopped;
  expect(await stage.committed()).toMatchObject({ low: 0, above: [{ from: 1, to: 2 }] });
  stage.consumer.script(() => ok);
  await (await stage.crash()).idle();

  expect(stage.consumer.log()).toBe("slow a slow");
});

test("what finishes while the broker drains is committed as ever", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold") });
  await stage.append(["a", "slow"]);
  await stage.clock.advance(0);

  const stopped = stage.delivery.stop(20_000);
  stage.consumer.answer("a", ok);
  await stage.clock.advance(500);

  expect(await isPending(stopped)).toBe(true);
  expect(await stage.committed()).toMatchObject({ low: 1 });
});

test("a dead letter on its way is finished before the stop is", async () => {
  const stage = await openStage({
    consumer: consumer(() => ({ kind: "answered", status: 500, tookMs: 1 })),
    subscription: { retry: { kind: "list", delaysMs: [] } },
  });
  const append = stage.engine.hold({ call: "log.append", on: "topic-2" });
  await stage.append(["a"]);
  await append.arrived;

  const stopped = stage.delivery.stop(20_000);
  expect(await isPending(stopped)).toBe(true);
  append.letGo();
  await stopped;

  expect(await stage.deadLetters()).toEqual(["a: answered"]);
  const after = await stage.crash();
  await after.idle();
  expect(after.status().parked).toBe(0);
});

test("a commit that fails at the end is said, and the stop ends all the same", async () => {
  const stage = await openStage();
  await stage.publish("a");
  stage.engine.fail({ call: "cursors.commit" });

  await stage.delivery.stop(20_000);

  expect(stage.notes.lines).toContainEqual(expect.stringContaining("Cursors cannot be committed"));
});

test("closing the engine releases what is owned: it is committed first", async () => {
  const stage = await openStage();
  await stage.publish("a");

  await stage.engine.close();

  expect(await stage.committed()).toMatchObject({ low: 1 });
  expect(stage.delivery.status("subscription-1")).toBeUndefined();
});

test("the status tells the oldest that is held, the rate and what is in flight", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "slow" ? "hold" : ok)) });
  await stage.append(["slow"]);
  await stage.clock.advance(2_000);
  await stage.append(["a", "b"]);
  await stage.clock.advance(2_000);

  expect(stage.status()).toMatchObject({
    inFlight: 1,
    parked: 0,
    oldestHeldMs: stage.clock.now() - 4_000,
    ackPerS: 0.5,
    health: "ok",
  });
});
