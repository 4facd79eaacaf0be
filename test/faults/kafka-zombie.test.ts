import { expect, vi } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, replaysOf, startNodesTraffic } from "./kafka-traffic.ts";
import { REPEATS_MAX, SUBSCRIPTION, startWorld, TOPIC, WAIT } from "./kafka-world.ts";

/** Longer than the session of 6 s, after which the others go on without it. */
const FROZEN_MS = length(10_000, 60_000);
const HISTORY = 400;
/** So slow that the replays go on for as long as the zombie needs to wake and to do harm. */
const RATE_PER_S = length(40, 5);

testWithOwnKafka(
  `a node frozen for ${FROZEN_MS / 1000} s while it owns a subscription undoes nothing of a rewind that was ordered meanwhile`,
  async () => {
    const traffic = await startNodesTraffic({ answerMs: (_, count) => (count % 10 === 0 ? 300 : 3) });
    const world = await startWorld({ endpoint: traffic.endpoint });
    const urls = world.nodes.map(({ url }) => url);
    const startedAt = new Date().toISOString();
    await traffic.publish(urls, { topic: TOPIC, countMax: HISTORY }).done;
    await world.quiet();
    const history = new Set(traffic.acknowledged);
    const zombie = await world.ownerOf("subscription", SUBSCRIPTION);
    const others = world.nodes.filter((node) => node !== zombie);
    const [other] = others;
    if (other === undefined) throw new Error("There is no other node.");
    const publishing = traffic.publish(
      others.map(({ url }) => url),
      { topic: TOPIC },
    );
    await traffic.pushed(50);

    // It has messages in flight and settlements that it has not committed, and believes that it owns the subscription.
    traffic.nextPhase();
    zombie.process().send("SIGSTOP");
    const frozenAtMs = performance.now();
    const { admin } = other.process();
    await vi.waitFor(
      () =>
        admin.call("subscriptionRewind", {
          name: SUBSCRIPTION,
          body: { to: startedAt, job: "rewind", rate: RATE_PER_S },
        }),
      WAIT,
    );
    const orderedMs = performance.now() - frozenAtMs;
    await vi.waitFor(() => expect(performance.now() - frozenAtMs).toBeGreaterThan(FROZEN_MS), WAIT);
    const replayedFrozen = replaysOf(traffic, history).size;
    await publishing.stop();
    const before = await world.generations(SUBSCRIPTION);
    zombie.process().send("SIGCONT");
    // What it commits has the generation from before the rewind. That none of it gets through is looked at for as long as replays are left.
    const undone: (readonly number[])[] = [];
    let looks = 0;
    await vi.waitFor(async () => {
      const now = await world.generations(SUBSCRIPTION);
      looks += 1;
      if (now.some((generation, shard) => generation < (before[shard] ?? 0))) undone.push(now);
      expect(replaysOf(traffic, history).size).toBe(history.size);
    }, WAIT);
    const job = await admin.call("jobDescribe", { name: "rewind" });
    await vi.waitFor(() => expect(zombie.process().log()).toContain("Another node has taken over."), WAIT);
    const lag = await world.quiet();

    const replayed = replaysOf(traffic, history);
    const { lost, repeats, text } = ledgerOf(traffic, SUBSCRIPTION);
    console.info(
      `Kafka, a node frozen for ${FROZEN_MS / 1000} s: ${text} (bound ${REPEATS_MAX}); a rewind ordered ${Math.round(orderedMs)} ms ` +
        `later brought ${replayed.size} of ${history.size}, ${replayedFrozen} of them while it was frozen; in ${undone.length} of ${looks} looks one of its commits counted.`,
    );
    expect(Math.max(...before)).toBeGreaterThan(0);
    expect(undone).toEqual([]);
    expect(job).toMatchObject({ state: "done" });
    expect(lost).toEqual([]);
    expect([...history].filter((id) => !replayed.has(id))).toEqual([]);
    expect(replayedFrozen).toBeLessThan(history.size);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(REPEATS_MAX);
    await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);
