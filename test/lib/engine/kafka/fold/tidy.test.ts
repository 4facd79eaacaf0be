import { expect, test } from "vitest";
import { startTidying } from "../../../../../src/lib/engine/kafka/fold/tidy.ts";
import { manualClock } from "../../../../support/manual-clock.ts";

const MINUTE_MS = 60_000;

test("what is of no use is cleared after a minute by its writer, after ten by anybody", async () => {
  const clock = manualClock();
  const cleared: string[] = [];
  const clear = async (keys: ReadonlySet<string>) => {
    for (const key of keys) {
      cleared.push(key);
      tidying.forget(key);
    }
  };
  const tidying = startTidying({ clock, report: () => {}, clear });
  tidying.note("own", true);
  tidying.note("of another node", false);
  tidying.note("of use again", true);
  tidying.forget("of use again");

  await clock.advance(MINUTE_MS / 2);
  expect(cleared).toEqual([]);
  await clock.advance(MINUTE_MS);
  expect(cleared).toEqual(["own"]);
  await clock.advance(10 * MINUTE_MS);
  expect(cleared).toEqual(["own", "of another node"]);
  await tidying.close();
});

test("what could not be cleared is tried again", async () => {
  const clock = manualClock();
  let attempts = 0;
  const clear = async () => {
    attempts += 1;
    if (attempts === 1) throw new Error("Kafka is away.");
    tidying.forget("own");
  };
  const tidying = startTidying({ clock, report: () => {}, clear });
  tidying.note("own", true);

  await clock.advance(3 * MINUTE_MS);

  expect(attempts).toBe(2);
  await tidying.close();
});
