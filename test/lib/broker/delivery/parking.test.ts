import { expect, test } from "vitest";
import { answered, consumer, ok, refused } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";
import { settle } from "../../../support/manual-clock.ts";

test("a failure is parked at once and settled at its source, so that the cursor goes on", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "a" ? answered(500) : ok)) });

  await stage.publish("a", "b");
  await stage.pass(500);

  expect(stage.status()).toMatchObject({ parked: 1, inFlight: 0 });
  expect(await stage.committed()).toMatchObject({ low: 2, above: [] });
  expect(stage.status().nextAttemptMs).toBe(stage.clock.now() + 500);
});

test("while parking fails a message keeps its place in flight, is not settled, and is parked when that works again", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)), subscription: { maxInFlight: 1 } });
  const lift = stage.engine.fail({ call: "parked.put" });

  await stage.append(["a", "b"]);
  await stage.clock.advance(5_000);
  expect(stage.consumer.log()).toBe("a");
  expect(stage.status()).toMatchObject({ inFlight: 1, parked: 0, health: "degraded" });
  expect(await stage.committed()).toBeUndefined();
  lift();
  await stage.clock.advance(1_000);

  expect(stage.consumer.log()).toBe("a a#2 b");
  expect(stage.status().healthReason).toBeNull();
});

test("at most so many are parked: then only parked ones are tried, and new ones wait in the log", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)), limits: { parkedMax: 3 } });

  await stage.publish("a", "b", "c", "d", "e");
  expect(stage.consumer.log()).toBe("a b c");
  expect(stage.status()).toMatchObject({
    parked: 3,
    health: "degraded",
    healthReason: expect.stringContaining("3 messages are parked"),
  });
  await stage.pass(1_000);

  expect(stage.consumer.log()).toBe("a b c a#2 b#2 c#2");
  stage.consumer.script(() => ok);
  await stage.pass(2_000);
  expect(stage.consumer.log()).toBe("a b c a#2 b#2 c#2 a#3 b#3 c#3 d e");
});

test("what is due goes before what is new", async () => {
  const stage = await openStage({
    consumer: consumer(({ id, attempt }) =>
      id === "hold" ? "hold" : attempt === 1 && id === "a" ? answered(500) : ok,
    ),
    subscription: { maxInFlight: 1 },
  });
  await stage.publish("a");
  await stage.append(["hold", "b"]);
  await stage.clock.advance(5_000);

  stage.consumer.answer("hold", ok);
  await stage.idle();

  expect(stage.consumer.log()).toBe("a hold a#2 b");
});

test("the n-th delay is waited after the n-th attempt", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });

  await stage.publish("a");
  await stage.pass(1_000);
  await stage.pass(1_999);
  expect(stage.consumer.log()).toBe("a a#2");
  await stage.pass(1);

  expect(stage.consumer.log()).toBe("a a#2 a#3");
  expect(await stage.deadLetters()).toEqual(["a: answered"]);
});

test("a wall clock that jumps moves no due time", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok)) });
  await stage.publish("a", "b");

  stage.clock.jump(-3_600_000);
  await stage.pass(1_000);

  expect(stage.consumer.log()).toBe("a b a#2 b#2");
});

test("a parked message whose record is gone is counted, said and let go of", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });
  await stage.publish("a", "b");

  await stage.engine.log.trim({ topicId: "topic-1", index: 0 }, 1);
  stage.consumer.script(() => ok);
  await stage.pass(1_500);

  expect(stage.consumer.log()).toBe("a b b#2");
  expect(stage.status().parked).toBe(0);
  expect(await stage.committed()).toMatchObject({ expired: 1 });
  expect(stage.notes.lines).toContainEqual(expect.stringContaining("The record of a parked message is trimmed"));
  expect((await stage.crash()).status().parked).toBe(0);
});

test("a parked message that cannot be read now is tried again later", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok)) });
  await stage.publish("a");
  stage.engine.fail({ call: "log.read", times: 1 });

  await stage.pass(1_000);
  expect(stage.consumer.log()).toBe("a");
  await stage.pass(1_000);

  expect(stage.consumer.log()).toBe("a a#2");
});

test("a log that cannot be read is read again", async () => {
  const stage = await openStage();
  stage.engine.fail({ call: "log.read", times: 2 });

  await stage.append(["a"]);
  await stage.clock.advance(500);
  expect(stage.consumer.log()).toBe("");
  await stage.pass(3_000);

  expect(stage.consumer.log()).toBe("a");
});

test("a post that breaks its promise and rejects is a failure like another", async () => {
  const stage = await openStage();
  stage.consumer.script(() => {
    throw new Error("a defect");
  });

  await stage.publish("a");
  await settle();

  expect(stage.status()).toMatchObject({ parked: 1, inFlight: 0 });
});

test("refused connections never kill", async () => {
  const stage = await openStage({ consumer: consumer(() => refused) });

  await stage.publish("a");
  for (let minute = 0; minute < 60; minute += 1) await stage.pass(60_000);
  stage.consumer.script(() => ok);
  await stage.pass(10_000);

  expect(await stage.deadLetters()).toEqual([]);
  expect(stage.status()).toMatchObject({ parked: 0, health: "ok" });
}, 60_000);
