import { expect, test } from "vitest";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";

test("once a pause is durable no push starts; what is in flight finishes and counts", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 2 } });
  await stage.append(["a", "b", "c"]);
  await stage.clock.advance(0);

  await stage.change({ state: "paused" });
  stage.consumer.answer("a", ok);
  stage.consumer.answer("b", ok);
  await stage.append(["d"]);
  await stage.clock.advance(10_000);

  expect(stage.consumer.log()).toBe("a b");
  expect(await stage.committed()).toMatchObject({ low: 2 });
  expect(stage.status()).toMatchObject({ inFlight: 0, nextAttemptMs: null });
});

test("a resume goes on where the pause began", async () => {
  const stage = await openStage({ subscription: { maxInFlight: 2 } });
  await stage.publish("a");
  await stage.change({ state: "paused" });
  await stage.publish("b", "c");

  await stage.change({ state: "active" });
  await stage.idle();
  await stage.publish("d");

  expect(stage.consumer.log()).toBe("a b c d");
});

test("a paused subscription reads nothing", async () => {
  const stage = await openStage();
  await stage.publish("a");
  await stage.change({ state: "paused" });
  let reads = 0;
  const held = stage.engine.hold({ call: "log.read" });
  void held.arrived.then(() => {
    reads += 1;
  });

  await stage.append(["b"]);
  await stage.clock.advance(60_000);

  expect(reads).toBe(0);
});

test("parked messages wait for the resume", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok)) });
  await stage.publish("a");
  await stage.change({ state: "paused" });

  await stage.pass(60_000);
  expect(stage.consumer.log()).toBe("a");
  await stage.change({ state: "active" });
  await stage.idle();

  expect(stage.consumer.log()).toBe("a a#2");
});

test("a parked message that is being read again when the pause comes is not pushed", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok)) });
  await stage.publish("a");
  const read = stage.engine.hold({ call: "log.read" });
  const passing = stage.clock.advance(1_000);
  await read.arrived;

  await stage.change({ state: "paused" });
  await passing;
  read.letGo();
  await stage.idle();
  expect(stage.consumer.log()).toBe("a");
  await stage.change({ state: "active" });
  await stage.idle();

  expect(stage.consumer.log()).toBe("a a#2");
});

test("a chunk that is being read when the pause comes is not pushed, and is read again", async () => {
  const stage = await openStage();
  const read = stage.engine.hold({ call: "log.read" });
  await stage.append(["a", "b"]);
  await read.arrived;

  await stage.change({ state: "paused" });
  read.letGo();
  await stage.idle();
  expect(stage.consumer.log()).toBe("");
  await stage.change({ state: "active" });
  await stage.idle();

  expect(stage.consumer.log()).toBe("a b");
});

test("however often it is paused and resumed under load, nothing is lost or doubled", async () => {
  const stage = await openStage({ subscription: { maxInFlight: 3 }, limits: { readCountMax: 4 } });
  const ids = Array.from({ length: 200 }, (_, index) => `m${index}`);

  for (let round = 0; round < 40; round += 1) {
    await stage.append(ids.slice(round * 5, round * 5 + 5));
    await stage.change({ state: round % 2 === 0 ? "paused" : "active" });
    if (round % 3 === 0) await stage.clock.advance(0);
  }
  await stage.change({ state: "active" });
  await stage.idle();

  expect(stage.consumer.log()).toBe(ids.join(" "));
});

test("other settings take effect from the next push on", async () => {
  const stage = await openStage({ consumer: consumer(() => "hold"), subscription: { maxInFlight: 1 } });
  await stage.append(["a", "b", "c"]);
  await stage.clock.advance(0);

  await stage.change({ maxInFlight: 3, endpoint: "http://127.0.0.1:9001/", timeoutMs: 1_000 });
  await stage.clock.advance(0);

  expect(stage.consumer.received.map(({ push }) => `${push.endpoint} ${push.timeoutMs}`)).toEqual([
    "http://127.0.0.1:9000/events 30000",
    "http://127.0.0.1:9001/ 1000",
    "http://127.0.0.1:9001/ 1000",
  ]);
});
