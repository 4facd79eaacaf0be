import { expect, onTestFinished, test } from "vitest";
import { createSlots } from "../../../../../src/lib/engine/kafka/owners/slots.ts";
import { manualClock, settle } from "../../../../support/manual-clock.ts";
import { type Deferred, deferred } from "../../../../support/promises.ts";

/** Two slots, and three more for whoever waits while nothing gets done for half a second. */
function world() {
  const [clock, ended] = [manualClock(), new AbortController()];
  onTestFinished(() => ended.abort());
  const slots = createSlots({ usual: [1, 2], more: [3, 4, 5], patienceMs: 500, clock, signal: ended.signal });
  /** By slot, what is being done there. */
  const running = new Map<number, Deferred<void>>();
  const start = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      void slots.run(async (slot) => {
        const end = deferred();
        running.set(slot, end);
        await end.promise;
        running.delete(slot);
      });
    }
    await settle();
  };
  const end = async (slot: number) => {
    running.get(slot)?.resolve();
    await settle();
  };
  return { clock, start, end, busy: () => [...running.keys()].sort() };
}

test("while things get done nobody gets more slots, however many wait and however long", async () => {
  const { clock, start, end, busy } = world();
  await start(20);

  for (let round = 0; round < 10; round += 1) {
    await clock.advance(400);
    await end(1);
  }

  expect(busy()).toEqual([1, 2]);
});

test("where nothing gets done for a while those who wait get more, and no more than there are", async () => {
  const { clock, start, busy } = world();
  await start(4);
  const before = busy();

  await clock.advance(500);
  const some = busy();
  await start(4);
  await clock.advance(5_000);

  expect(before).toEqual([1, 2]);
  expect(some).toEqual([1, 2, 3, 4]);
  expect(busy()).toEqual([1, 2, 3, 4, 5]);
});

test("what was given out as well is used while somebody waits, and not any more after that", async () => {
  const { clock, start, end, busy } = world();
  await start(6);
  await clock.advance(500);

  await end(5);
  const handedOn = busy();
  for (const slot of [1, 2, 3, 4, 5]) await end(slot);
  await start(3);

  expect(handedOn).toEqual([1, 2, 3, 4, 5]);
  expect(busy()).toEqual([1, 2]);
});
