import { expect, it } from "vitest";
import { openDelivery } from "../../../src/lib/broker/delivery/open-delivery.ts";
import type { CreateSubscription } from "../../../src/lib/broker/requests/subscriptions.ts";
import { readDeadLetter } from "../../../src/lib/domain/dead-letter.ts";
import { memoryEngine } from "../../../src/lib/engine/memory/engine.ts";
import { bytes, ENDPOINT, notes, openTestBroker } from "../../support/broker.ts";
import { answered, consumer } from "../../support/consumer.ts";
import { manualClock } from "../../support/manual-clock.ts";

const HOUR_MS = 3_600_000;

/** Publish, control and delivery together, with a topic of one hour and a consumer that answers as the test says. */
async function opened(request: Partial<CreateSubscription> = {}) {
  const clock = manualClock();
  const engine = memoryEngine({ clock });
  const other = consumer();
  const delivery = openDelivery({ engine, clock, post: other.post, random: () => 0.5, observer: notes() });
  const { broker } = await openTestBroker({ engine, clock, delivery });
  const { topic } = await broker.createTopic({ name: "orders", visibility: "private", ttlMs: HOUR_MS });
  await broker.start();
  await broker.createSubscription({ name: "billing", topic: "orders", endpoint: ENDPOINT, ...request });
  const publish = async (...ids: readonly string[]) => {
    for (const id of ids) await broker.publish({ topic: "orders", id, attributes: [], payload: bytes(`"${id}"`) });
    await broker.idle();
  };
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await broker.idle();
  };
  const start = async () => (await engine.log.bounds({ topicId: topic.id, index: 0 })).start;
  return { broker, clock, consumer: other, publish, pass, start };
}

it("a message is published, refused, parked, given up, and lag tells each step", async () => {
  const { broker, clock, consumer: other, publish, pass } = await opened({ retryDelaysMs: [1_000] });
  other.script(({ id }) => answered(id === "bad" ? 500 : 200));

  await publish("good", "bad");
  expect(await broker.lag("billing")).toMatchObject({
    owner: "node-1",
    health: "ok",
    lag: 1,
    parked: 1,
    inFlight: 0,
    nextAttemptMs: clock.now() + 1_000,
    oldestUndelivered: { publishTimeMs: clock.now(), ageMs: 0 },
    deadLetters: 0,
    shards: [{ low: 2, end: 2, lag: 0 }],
  });

  await pass(1_000);
  expect(await broker.lag("billing")).toMatchObject({ lag: 0, parked: 0, deadLetters: 1, oldestUndelivered: null });

  const { entries, total } = await broker.listDeadLetters("billing", { limit: 10 });
  expect(total).toBe(1);
  expect(entries.map(({ message }) => [message.id, readDeadLetter(message)?.info.attempts])).toEqual([["bad", 2]]);
  expect(other.log()).toBe("good bad bad#2");
});

it("no push starts after a pause, and all arrives after the resume", async () => {
  const { broker, consumer: other, publish } = await opened();
  await broker.pauseSubscription("billing");

  await publish("a", "b");
  expect(await broker.lag("billing")).toMatchObject({ state: "paused", lag: 2, inFlight: 0 });
  expect(other.log()).toBe("");

  await broker.resumeSubscription("billing");
  await broker.idle();
  expect(other.log()).toBe("a b");
  expect(await broker.lag("billing")).toMatchObject({ state: "active", lag: 0 });
});

it("what expires behind a pause is counted once, and its room is given back", async () => {
  const { broker, publish, pass, start } = await opened();
  await broker.pauseSubscription("billing");
  await publish("a", "b", "c");

  for (let minutes = 0; minutes < 80; minutes += 1) await pass(60_000);

  expect(await start()).toBe(3);
  expect(await broker.lag("billing")).toMatchObject({ lag: 0, expired: 3, damaged: 0, oldestUndelivered: null });
});

it("a tried message that expires reaches the dead letter topic with its payload, however long its next attempt is away", async () => {
  const { broker, consumer: other, publish, pass, start } = await opened({ retryDelaysMs: [24 * HOUR_MS] });
  other.script(() => answered(500));
  await publish("late");

  for (let minutes = 0; minutes < 80; minutes += 1) await pass(60_000);

  const { entries } = await broker.listDeadLetters("billing", { limit: 10 });
  expect(entries.map(({ message }) => [message.id, readDeadLetter(message)?.info.errorClass])).toEqual([
    ["late", "expired"],
  ]);
  expect(entries[0]?.message.payload).toEqual(bytes('"late"'));
  expect(await start()).toBe(1);
  expect(await broker.lag("billing")).toMatchObject({ lag: 0, parked: 0, deadLetters: 1 });
});
