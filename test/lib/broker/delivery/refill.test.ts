import { expect, test } from "vitest";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";
import { manualClock } from "../../../support/manual-clock.ts";

test("what is published is pushed once, in order, and settled", async () => {
  const stage = await openStage();

  await stage.publish("a", "b", "c");
  await stage.pass(500);

  expect(stage.consumer.log()).toBe("a b c");
  expect(await stage.committed()).toMatchObject({ low: 3, above: [] });
});

test("one slow answer holds up nobody else", async () => {
  const stage = await openStage({
    consumer: consumer(({ id }) => (id === "m0" ? "hold" : ok)),
    subscription: { maxInFlight: 2 },
  });
  const ids = Array.from({ length: 2_000 }, (_, index) => `m${index}`);

  await stage.append(ids);
  await stage.clock.advance(0);

  expect(stage.consumer.received).toHaveLength(2_000);
  expect(stage.status()).toMatchObject({
    inFlight: 1,
    cursors: [{ cursor: { low: 0, above: [{ from: 1, to: 2_000 }] } }],
  });
});

test("at most max-in-flight are in flight", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 3 } });

  await stage.append(["a", "b", "c", "d", "e"]);
  await stage.clock.advance(0);
  expect(stage.consumer.held).toEqual(["a", "b", "c"]);
  stage.consumer.answer("b", ok);
  await stage.clock.advance(0);

  expect(stage.consumer.held).toEqual(["a", "c", "d"]);
  expect(stage.status().inFlight).toBe(3);
});

test("a failed message is tried again when its delay is over, with its attempt counted", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok)) });

  await stage.publish("a");
  await stage.pass(999);
  expect(stage.consumer.log()).toBe("a");
  await stage.pass(1);

  expect(stage.consumer.log()).toBe("a a#2");
  await stage.pass(500);
  expect(stage.status()).toMatchObject({ parked: 0, inFlight: 0, health: "ok" });
  expect(await stage.committed()).toMatchObject({ low: 1 });
});

test("a message out of strikes goes to the dead letter topic with its story", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });

  await stage.publish("a");
  await stage.pass(1_000);
  await stage.pass(2_000);

  expect(stage.consumer.log()).toBe("a a#2 a#3");
  expect(await stage.deadLetters()).toEqual(["a: answered"]);
  expect(stage.notes.lines.filter((line) => line.startsWith("deadLettered"))).toHaveLength(1);
  expect(stage.status().parked).toBe(0);
});

test("a message that falls due between two looks at the clock is tried all the same", async () => {
  const TICK_MS = 0.001;
  const unserved: number[] = [];

  for (let earlyTicks = 0; earlyTicks < 40; earlyTicks += 1) {
    const base = manualClock();
    let reads = 0;
    const clock = {
      ...base,
      monotonic: () => base.monotonic() + TICK_MS * reads++,
      after: (delayMs: number, signal?: AbortSignal) => base.after(delayMs - TICK_MS * earlyTicks, signal),
    };
    const script = consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok));
    const stage = await openStage({
      clock,
      consumer: script,
      subscription: { retry: { kind: "list", delaysMs: [1_000] } },
    });
    await stage.publish("a");
    for (let tick = 0; tick < 3; tick += 1) await stage.clock.advance(1_000);
    if (stage.consumer.received.length !== 2) unserved.push(earlyTicks);
  }

  expect(unserved).toEqual([]);
});
