import { expect, test } from "vitest";
import { deadLetterOf, readDeadLetter } from "../../../../src/lib/domain/dead-letter.ts";
import { answered, consumer, ok, refused } from "../../../support/consumer.ts";
import { openStage, type Stage } from "../../../support/delivery.ts";

test("what was in flight and what was acknowledged since the last commit comes again; nothing else does", async () => {
  const stage = await openStage({ consumer: consumer(({ id }) => (id === "slow" ? "hold" : ok)) });
  await stage.append(["a", "slow", "b"]);
  await stage.clock.advance(500);
  await stage.append(["c"]);
  await stage.clock.advance(100);
  stage.consumer.script(() => ok);

  const after = await stage.crash();
  await after.idle();

  expect(stage.consumer.log()).toBe("a slow b c slow c");
});

test("attempts, strikes and due times of parked messages survive", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });
  await stage.publish("a");
  await stage.pass(1_000);
  expect(stage.consumer.log()).toBe("a a#2");

  const after = await stage.crash();
  await after.pass(1_999);
  expect(stage.consumer.log()).toBe("a a#2");
  await after.pass(1);

  expect(stage.consumer.log()).toBe("a a#2 a#3");
  expect(await after.deadLetters()).toEqual(["a: answered"]);
});

test("what was parked counts as settled although its cursor was not committed", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });
  await stage.publish("a", "b");
  expect(await stage.committed()).toBeUndefined();

  const after = await stage.crash();
  await after.pass(900);

  expect(stage.consumer.log()).toBe("a b");
  expect(after.status().parked).toBe(2);
});

test("a message that was parked before one crash and acknowledged before another does not come again", async () => {
  const stage = await openStage({ consumer: consumer(({ attempt }) => (attempt === 1 ? answered(500) : ok)) });
  await stage.publish("a");
  expect(await stage.committed()).toBeUndefined();

  const after = await stage.crash();
  await after.pass(1_500);
  await (await after.crash()).pass(5_000);

  expect(stage.consumer.log()).toBe("a a#2");
});

test("a crash while parking loses neither the message nor the order of things", async () => {
  const stage = await openStage({ consumer: consumer(() => answered(500)) });
  stage.engine.hold({ call: "parked.put" });
  await stage.append(["a"]);
  await stage.clock.advance(100);

  stage.consumer.script(() => ok);
  const after = await stage.crash();
  await after.idle();

  expect(stage.consumer.log()).toBe("a a");
});

const AT_ONCE = { kind: "list", delaysMs: [] } as const;
const INFO = {
  ...{
    reason: "answered 500",
    errorClass: "answered",
    status: 500,
    attempts: 1,
    subscription: "billing",
    sourceTopic: "orders",
  },
  ...{ publishTimeMs: 0, firstFailureMs: 0, failedMs: 0, redriveCount: 0, redrivenFrom: null },
};

/** Brings message `a` to the moment of its death and crashes there. */
async function dyingAt(stop: (stage: Stage) => void): Promise<Stage> {
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: {
      retry: { kind: "exponential", strikesMax: 1, firstDelayMs: 1, factor: 1, delayMsMax: 1, jitter: 0 },
    },
  });
  stop(stage);
  await stage.append(["a"]);
  await stage.clock.advance(100);
  return await stage.crash();
}
const deaths = ({ notes }: Stage) => notes.lines.filter((line) => line.startsWith("deadLettered")).length;

test("a crash before the dead letter is written: it is written once, and the message is not pushed again", async () => {
  const after = await dyingAt(({ engine }) => engine.hold({ call: "log.append", on: "topic-2" }));

  await after.pass(10_000);

  expect(await after.deadLetters()).toEqual(["a: answered"]);
  expect(after.consumer.log()).toBe("a");
  expect(deaths(after)).toBe(1);
  expect(after.status().parked).toBe(0);
});

test("a crash after the dead letter is written: it is found, not written again, and counted once", async () => {
  const after = await dyingAt(({ engine }) => engine.hold({ call: "cursors.commit" }));
  expect(await after.deadLetters()).toEqual(["a: answered"]);

  await after.pass(10_000);

  expect(await after.deadLetters()).toEqual(["a: answered"]);
  expect(after.consumer.log()).toBe("a");
  expect(deaths(after)).toBe(1);
  expect(after.status().parked).toBe(0);
});

test("a crash before the verdict is durable: the message is pushed again", async () => {
  const after = await dyingAt(({ engine }) => engine.hold({ call: "parked.put" }));

  await after.pass(10_000);

  expect(after.consumer.log()).toBe("a a");
  expect(await after.deadLetters()).toEqual(["a: answered"]);
});

test("letters of earlier deaths are not taken for this one", async () => {
  const stop = ({ engine }: Stage) => engine.hold({ call: "log.append", on: "topic-2" });
  const stage = await openStage({
    consumer: consumer(() => answered(500)),
    subscription: { retry: AT_ONCE, maxInFlight: 2 },
  });
  const older = (id: string, offset: number) =>
    deadLetterOf(
      { id, attributes: [], payload: new Uint8Array() },
      { ...INFO, attempts: 9, source: { shard: 0, offset } },
    );
  await stage.engine.log.append("topic-2", [older("b", 1)]);
  stop(stage);
  await stage.append(["a", "b"]);
  await stage.clock.advance(100);

  const after = await stage.crash();
  await after.pass(500);

  const letters = await after.deadLetterMessages();
  expect(letters.map(({ id, attributes }) => `${id} ${readDeadLetter({ attributes })?.info.attempts}`)).toEqual([
    "b 9",
    "a 1",
    "b 1",
  ]);
});

test("each of several dying messages is looked for from its own beginning", async () => {
  const stage = await openStage({ start: false });
  await stage.append(["a", "b", "c"]);
  const letter = (id: string, offset: number) =>
    deadLetterOf({ id, attributes: [], payload: new Uint8Array() }, { ...INFO, source: { shard: 0, offset } });
  await stage.engine.log.append("topic-2", [letter("a", 0), letter("b", 1), letter("c", 2)]);
  const entry = (offset: number, end: number) => ({
    ...{ source: { shard: { topicId: "topic-1", index: 0 }, offset }, generation: 0, publishTimeMs: stage.clock.now() },
    ...{
      attempts: 1,
      strikes: 1,
      dueMs: 0,
      firstFailureMs: 0,
      lastFailureMs: 0,
      lastStatus: 500,
      reason: "answered 500",
    },
    dying: { errorClass: "answered", ends: [{ shard: { topicId: "topic-2", index: 0 }, offset: end }] },
  });
  const entries = [entry(0, 0), entry(1, 0), entry(2, 3)];
  stage.storage.parked.set("subscription-1", new Map(entries.map((each) => [String(each.source.offset), each])));

  await stage.delivery.start();
  await stage.pass(500);

  expect(await stage.deadLetters()).toEqual(["a: answered", "b: answered", "c: answered", "c: answered"]);
});

test("where the end of the dead letter topic was not known it is searched from its start", async () => {
  const after = await dyingAt(({ engine }) => {
    engine.fail({ call: "log.bounds", on: "topic-2" });
    engine.hold({ call: "cursors.commit" });
  });
  expect(await after.deadLetters()).toEqual(["a: answered"]);

  await after.pass(10_000);

  expect(await after.deadLetters()).toEqual(["a: answered"]);
});

test("what an absent endpoint parked is tried soon after a restart", async () => {
  const stage = await openStage({
    consumer: consumer(() => refused),
    subscription: { retry: { kind: "list", delaysMs: [3_600_000] } },
  });
  await stage.publish("a");
  stage.consumer.script(() => ok);

  const after = await stage.crash();
  await after.pass(10_000);

  expect(stage.consumer.log()).toBe("a a#2");
});
