import { expect, test } from "vitest";
import { answered, consumer, ok } from "../support/consumer.ts";
import { moveJob } from "../support/jobs.ts";
import { ORDER, openScene, type Scene } from "../support/moves.ts";

const RETRY_MS = 600_000;

/** Each write of a move: saved in the job, entries, cursors, done; and the two of the order before. */
const STEPS = [
  { call: "catalog.put", on: "r" },
  { call: "parked.put" },
  { call: "cursors.commit" },
  { call: "catalog.put", on: "billing" },
] as const;
const CASES = STEPS.flatMap((step) =>
  (["before", "after"] as const).flatMap((point) => [1, 2, 3].map((times) => ({ ...step, point, times }))),
);

/** `old` is parked below the target; `a` and `c` were acknowledged, `b` is parked. */
async function before(): Promise<Scene> {
  const refuses = consumer(({ id }) => (id === "b" || id === "old" ? answered(500) : ok));
  const scene = await openScene({ consumer: refuses, subscription: { retryDelaysMs: [RETRY_MS] } });
  await scene.publish("old");
  await scene.pass(60_000);
  await scene.publish("a", "b", "c");
  await scene.pass(1_000);
  scene.came();
  refuses.script(() => ok);
  return scene;
}

async function after(scene: Scene): Promise<void> {
  await scene.pass(5_000);
  expect((await scene.broker.describeJob("r")).job).toMatchObject({ state: "done", messages: 3 });
  expect(await scene.broker.lag("billing")).toMatchObject({ lag: 1, parked: 1 });
  const came = scene.came().split(" ");
  expect(new Set(came)).toEqual(new Set(["a@r", "b@r", "c@r"]));
  await scene.pass(RETRY_MS);
  expect(scene.came()).toBe("old#2");
}

test.each(CASES)(
  "a rewind whose $call $on fails $point it happens, $times times, comes out the same",
  async (fault) => {
    const scene = await before();
    scene.engine.fail(fault);

    const request = { ...ORDER, to: "30s", job: "r" };
    const ordering = scene.broker.rewind("billing", request).catch(() => undefined);
    await scene.clock.advance(10_000);
    await ordering;
    // An order that failed did not happen, and the same one can be made again.
    for (let again = 0; again < 4; again += 1) await scene.broker.rewind("billing", request).catch(() => undefined);

    await after(scene);
  },
);

test.each(STEPS.slice(0, 3))(
  "a broker that dies at $call of a rewind leaves it to the next, which makes it once",
  async (step) => {
    const scene = await before();
    const request = { ...ORDER, to: "30s", job: "r" };
    const held = scene.engine.hold(step.call === "catalog.put" ? { call: "parked.put" } : step);
    void scene.broker.rewind("billing", request).catch(() => undefined);
    await held.arrived;

    const next = await scene.crash();

    await after(next);
  },
);

test("a broker that dies between the job and the order has ordered nothing, and the same id orders it", async () => {
  const scene = await before();
  const held = scene.engine.hold({ call: "catalog.put", on: "billing" });
  const request = { ...ORDER, to: "30s", job: "r" };
  void scene.broker.rewind("billing", request).catch(() => undefined);
  await held.arrived;

  const next = await scene.crash();
  await next.pass(5_000);
  expect(await next.broker.listJobs({})).toEqual([]);
  expect(next.came()).toBe("");
  await next.broker.rewind("billing", request);

  await after(next);
});

test("an entry that is being parked when a rewind comes does not come back after a restart", async () => {
  const refuses = consumer(({ id }) => (id === "b" ? answered(500) : ok));
  const scene = await openScene({ consumer: refuses, subscription: { retryDelaysMs: [RETRY_MS] } });
  await scene.publish("a");
  const parking = scene.engine.hold({ call: "parked.put" });
  await scene.broker.publish({ topic: "orders", attributes: [], payload: new Uint8Array([49]), id: "b" });
  await parking.arrived;
  refuses.script(() => ok);

  const rewinding = scene.broker.rewind("billing", { ...ORDER, to: "1h", job: "r" });
  await scene.clock.advance(1_000);
  parking.letGo();
  await rewinding;
  await scene.pass(1_000);
  const next = await scene.crash();

  expect(await next.broker.lag("billing")).toMatchObject({ lag: 0, parked: 0 });
  await next.pass(RETRY_MS * 2);
  expect(next.came()).toBe("");
});

test("more parked entries than one write takes are all suspended, also after a crash", async () => {
  const refuses = consumer(({ id }) => (Number(id) % 2 === 0 ? answered(500) : ok));
  const scene = await openScene({ consumer: refuses, subscription: { retryDelaysMs: [RETRY_MS] } });
  await scene.publish(...Array.from({ length: 2_200 }, (_, index) => `${index}`));
  expect(await scene.broker.lag("billing")).toMatchObject({ parked: 1_100 });
  await scene.broker.pauseSubscription("billing");

  const { job } = await scene.broker.rewind("billing", { ...ORDER, to: "1h", job: "r" });
  const next = await scene.crash();

  expect(job).toMatchObject({ state: "done", messages: 2_200 });
  expect(await next.broker.lag("billing")).toMatchObject({ lag: 2_200, parked: 0 });
});

test("a rewind that was never ordered to its end does not stand in the way of a redrive", async () => {
  const scene = await openScene({ consumer: consumer(() => answered(500)), subscription: { retryDelaysMs: [1] } });
  await scene.publish("dead");
  await scene.pass(10);
  const { id: subscriptionId } = (await scene.broker.describeSubscription("billing")).subscription;
  await scene.engine.catalog.put("job", "half", moveJob({ id: "half", subscriptionId }), 0);

  const { job } = await scene.broker.redrive("billing", { filter: {}, includeSetAside: false, dryRun: false });

  expect(job).toMatchObject({ kind: "redrive", matched: 1 });
  expect((await scene.broker.listJobs({})).map((each) => each.job.id)).toEqual([job?.id]);
});
