import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../../../src/lib/domain/clock.ts";
import { followTopic } from "../../../../../src/lib/engine/kafka/fold/follow.ts";
import type { Wire } from "../../../../../src/lib/engine/kafka/wire/wire.ts";
import { manualClock } from "../../../../support/manual-clock.ts";

const TOPIC = { name: "state", uuid: "u", leaders: [1] };

/** A cluster that names a leader, which this node cannot reach. */
function outOfReach(clock: Clock): { readonly wire: Wire; readonly fetches: () => number } {
  let fetches = 0;
  const wire: Wire = {
    async call() {
      fetches += 1;
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    },
    topic: async () => TOPIC,
    leader: async () => 1,
    forgetTopic: () => {},
    brokers: () => new Map(),
    clusterId: () => undefined,
    clock,
    close: async () => {},
  };
  return { wire, fetches: () => fetches };
}

test("a leader that is known and cannot be reached is asked once a second, told of once, and waited for by no more and more timers", async () => {
  const clock = manualClock();
  const waiting = { now: 0, max: 0 };
  const counting: Clock = {
    ...clock,
    async after(delayMs, signal) {
      waiting.now += 1;
      waiting.max = Math.max(waiting.max, waiting.now);
      await clock.after(delayMs, signal);
      waiting.now -= 1;
    },
  };
  const { wire, fetches } = outOfReach(counting);
  const told: string[] = [];
  const report = (_: string, message: string) => void told.push(message);
  const follower = followTopic({ wire, topic: TOPIC, slot: 0, apply: () => {}, report });
  onTestFinished(() => follower.close());
  const reached = follower.reached(0, 1).then(
    () => "reached",
    () => "failed",
  );

  for (let step = 0; step < 600; step += 1) await clock.advance(100);

  expect(waiting.max).toBeLessThanOrEqual(2);
  expect(fetches()).toBeLessThan(80);
  expect(told).toEqual([expect.stringContaining("cannot be read")]);
  expect(await reached).toBe("failed");
});
