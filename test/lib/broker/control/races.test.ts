import { expect, test } from "vitest";
import { faultyEngine } from "../../../faults/faulty-engine.ts";
import { answered, consumer, ok } from "../../../support/consumer.ts";
import { openLife } from "../../../support/lifecycle.ts";
import { HOUR_MS, ORDER, openScene } from "../../../support/moves.ts";

const ALL = { filter: {}, dryRun: false } as const;

/** As long as anything takes that waits for nobody. */
async function meanwhile(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}

test("a purge while a rewind is being ordered does not throw the rewind's job away", async () => {
  const { broker, engine, publish, pass, came } = await openScene();
  await publish("a");
  await pass(HOUR_MS);
  came();
  const generation = engine.hold({ call: "catalog.put", on: "billing" });
  const moving = broker.rewind("billing", { ...ORDER, hours: 2, job: "r" });
  await generation.arrived;

  const purging = broker.purgeDeadLetters("billing", ALL).catch((error: unknown) => error);
  await meanwhile();
  generation.letGo();

  expect((await moving).job).toMatchObject({ id: "r", state: "done", messages: 1 });
  await purging;
  await broker.idle();
  expect(came()).toBe("a@r");
});

test("a purge does not take away what another subscription of the same dead letter topic redrives meanwhile", async () => {
  let faulty: ReturnType<typeof faultyEngine> | undefined;
  const life = await openLife({
    over: (engine) => {
      faulty = faultyEngine(engine);
      return faulty;
    },
  });
  const { broker } = life;
  await broker.createTopic({ name: "orders", visibility: "private" });
  const shared = { retryDelaysMs: [1], deadLetterTopic: "common_errors" };
  await life.subscribe("billing", shared);
  await life.subscribe("shipping", shared);
  life.consumer.script(() => answered(500));
  await life.publish("orders", "a", "b");
  await life.pass(10);
  life.consumer.script(() => ok);
  const { subscription } = await broker.pauseSubscription("shipping");
  const parking = faulty?.hold({ call: "parked.put", on: subscription.id });
  await broker.redrive("shipping", { ...ALL, includeSetAside: false });
  await parking?.arrived;
  const looking = faulty?.hold({ call: "cursors.load", on: subscription.id });
  const purging = broker.purgeDeadLetters("billing", ALL);
  await looking?.arrived;

  parking?.letGo();
  await life.pass(1_000);
  looking?.letGo();
  expect(await purging).toMatchObject({ purged: 2 });
  const before = life.consumer.received.length;
  await broker.resumeSubscription("shipping");
  await broker.idle();

  expect(life.consumer.received.slice(before).map(({ id }) => id)).toEqual(["a", "b"]);
});

test("a pause is not refused because the owner pauses in the same moment, as the endpoint is gone", async () => {
  const { broker, engine, publish } = await openScene({ consumer: consumer(() => answered(410)) });
  const pausing = engine.hold({ call: "catalog.put", on: "billing" });
  const publishing = publish("a");
  await pausing.arrived;

  const paused = broker.pauseSubscription("billing");
  await meanwhile();
  pausing.letGo();

  expect((await paused).subscription).toMatchObject({ state: "paused" });
  await publishing;
});
