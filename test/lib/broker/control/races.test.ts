import { expect, test } from "vitest";
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
