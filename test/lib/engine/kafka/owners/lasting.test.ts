import { expect, test } from "vitest";
import { KBrokerError } from "../../../../../src/lib/domain/error.ts";
import { lasting } from "../../../../../src/lib/engine/kafka/owners/lasting.ts";
import { notInTime } from "../../../../../src/lib/engine/kafka/wire/deadlines.ts";
import { manualClock } from "../../../../support/manual-clock.ts";

function steps() {
  const clock = manualClock();
  const held: string[] = [];
  const wanted = { is: true };
  const last = lasting({ clock, isWanted: () => wanted.is, held: ({ message }) => void held.push(message) });
  return { clock, held, wanted, last };
}

const overloaded = () => new KBrokerError("overloaded", "Too much waits.");
const unavailable = () => new KBrokerError("engine_unavailable", "The topic cannot be read.");

test.each([
  ["its time was over", notInTime],
  ["too much waited", overloaded],
  ["Kafka could not be read", unavailable],
])("a step is made again where %s", async (_why, failure) => {
  const { clock, last } = steps();
  let left = 3;

  const done = last(async () => {
    left -= 1;
    if (left > 0) throw failure();
    return "done";
  });
  await clock.advance(10_000);

  await expect(done).resolves.toBe("done");
});

test("what failed for good is not made again", async () => {
  const { last } = steps();
  const stale = new KBrokerError("epoch_stale", "It has another owner.");

  const done = last(() => Promise.reject(stale));

  await expect(done).rejects.toBe(stale);
});

test("a step that nobody waits for any more ends with its failure", async () => {
  const { clock, wanted, last } = steps();
  let made = 0;

  const done = last(() => {
    made += 1;
    return Promise.reject(notInTime());
  });
  const ended = expect(done).rejects.toMatchObject({ code: "engine_unavailable" });
  await clock.advance(5_000);
  wanted.is = false;
  await clock.advance(1_000);
  const madeThen = made;
  await clock.advance(60_000);

  await ended;
  expect(made).toBe(madeThen);
});

test("a step that fails for a minute is given up, one that got through does not count against the next", async () => {
  const { clock, last } = steps();
  const failsFor = (ms: number) => {
    const untilMs = clock.monotonic() + ms;
    return () => (clock.monotonic() < untilMs ? Promise.reject(notInTime()) : Promise.resolve("done"));
  };

  const [first, second] = [last(failsFor(45_000)), last(failsFor(45_000))];
  await clock.advance(50_000);
  const [later, third] = [last(failsFor(45_000)), last(failsFor(90_000))];
  const ended = expect(third).rejects.toMatchObject({ code: "engine_unavailable" });
  await clock.advance(100_000);

  await expect(Promise.all([first, second, later])).resolves.toEqual(["done", "done", "done"]);
  await ended;
});

test("that it takes longer is told once, whatever fails later", async () => {
  const { clock, held, last } = steps();
  const failing = (times: number) => {
    let made = 0;
    return () => {
      made += 1;
      return made > times ? Promise.resolve() : Promise.reject(notInTime());
    };
  };

  const done = last(failing(2)).then(() => last(failing(2)));
  await clock.advance(10_000);

  await done;
  expect(held).toHaveLength(1);
});
