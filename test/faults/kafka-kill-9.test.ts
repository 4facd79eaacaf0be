import { expect } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, startNodesTraffic } from "./kafka-traffic.ts";
import { REPEATS_MAX, SUBSCRIPTION, startWorld, TOPIC } from "./kafka-world.ts";

const KILLS = length(3, 20);
/** Pushes between two kills. */
const PUSHES_EACH = length(300, 600);
const SLOW_EACH = 20;
const [ANSWER_MS, SLOW_ANSWER_MS] = [3, 400];

testWithOwnKafka(
  `three nodes under load, one of them killed ${KILLS} times: nothing is lost, and repeated no more than is said`,
  async () => {
    const traffic = await startNodesTraffic({
      answerMs: (_, count) => (count % SLOW_EACH === 0 ? SLOW_ANSWER_MS : ANSWER_MS),
    });
    const world = await startWorld({ endpoint: traffic.endpoint });
    const publishing = traffic.publish(
      world.nodes.map(({ url }) => url),
      { topic: TOPIC, pauseMs: 20 },
    );

    for (let kill = 0; kill < KILLS; kill += 1) {
      await traffic.pushed(PUSHES_EACH);
      // Mostly whoever pushes; now and then whoever makes the changes.
      const killed = await (kill % 4 === 3
        ? world.ownerOf("control", "control")
        : world.ownerOf("subscription", SUBSCRIPTION));
      traffic.nextPhase();
      await killed.end("SIGKILL");
      await traffic.pushed(PUSHES_EACH);
      await killed.start();
    }
    await traffic.pushed(PUSHES_EACH);
    await publishing.stop();
    const lag = await world.quiet();

    const { lost, repeats, text } = ledgerOf(traffic, SUBSCRIPTION);
    console.info(`Kafka, a node killed ${KILLS} times: ${text} (bound ${REPEATS_MAX} a kill).`, traffic.refusals);
    expect(lost).toEqual([]);
    expect(repeats[0]).toBe(0);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(REPEATS_MAX);
    await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);
