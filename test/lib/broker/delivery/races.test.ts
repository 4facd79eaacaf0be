import { expect, test } from "vitest";
import type { Post } from "../../../../src/lib/domain/delivery.ts";
import { RETRY_DEFAULT } from "../../../../src/lib/domain/retry.ts";
import type { Subscription } from "../../../../src/lib/domain/subscription.ts";
import { HOUR_MS } from "../../../../src/lib/domain/topic.ts";
import { answered, consumer } from "../../../support/consumer.ts";
import { openStage } from "../../../support/delivery.ts";

test("a resume while a sweep reads does not push a message twice", async () => {
  const stage = await openStage({ ttlMs: HOUR_MS, subscription: { state: "paused" } });
  await stage.append(["expired"]);
  await stage.pass(HOUR_MS - 1);
  await stage.append(["alive"]);
  const reads = stage.engine.hold({ call: "log.read" });
  const passing = stage.clock.advance(10_000);
  await reads.arrived;

  await stage.change({ state: "active" });
  await passing;
  reads.letGo();
  await stage.idle();

  expect(stage.consumer.log()).toBe("alive");
});

/** Two messages fail, the second a number of microtasks after the first: some number meets the moment in which a write ends. */
async function failOneAfterTheOther(turns: number, subscription: Partial<Subscription>) {
  const failing = consumer(() => answered(500));
  const post = async (...args: Parameters<Post>) => {
    const isSecond = failing.received.length === 1;
    const outcome = await failing.post(...args);
    if (isSecond) for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    return outcome;
  };
  const stage = await openStage({ consumer: { ...failing, post }, subscription });
  await stage.publish("first", "second");
  return stage;
}
const TURNS = Array.from({ length: 100 }, (_, turns) => turns);

test("a failure that comes in the very moment when the parking of another ends is not left in flight", async () => {
  const stages = await Promise.all(TURNS.map((turns) => failOneAfterTheOther(turns, {})));

  expect(stages.map((stage) => stage.status().parked)).toEqual(TURNS.map(() => 2));
});

test("a message that dies in the very moment when the burial of another ends is not left dying", async () => {
  const retry = { ...RETRY_DEFAULT, strikesMax: 1 };
  const stages = await Promise.all(TURNS.map((turns) => failOneAfterTheOther(turns, { retry })));

  const letters = await Promise.all(stages.map((stage) => stage.deadLetters()));
  expect(letters.map(({ length }) => length)).toEqual(TURNS.map(() => 2));
});

test("a hold that ends while a sweep parks does not end all later sweeps", async () => {
  const stage = await openStage({
    ttlMs: HOUR_MS,
    consumer: consumer(() => answered(500)),
    subscription: { retry: { kind: "list", delaysMs: [24 * HOUR_MS] } },
  });
  await stage.publish("a");
  const parking = stage.engine.hold({ call: "parked.put" });
  const passing = stage.clock.advance(HOUR_MS + 10_000);
  await parking.arrived;

  await stage.change({ generation: 1 });
  await passing;
  parking.letGo();
  await stage.clock.advance(10_000);

  expect(await stage.deadLetters()).toEqual(["a: expired"]);
});
