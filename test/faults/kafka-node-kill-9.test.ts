import { expect } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, startNodesTraffic } from "./kafka-traffic.ts";
import { REPEATS_MAX, SUBSCRIPTION, startWorld, TOPIC } from "./kafka-world.ts";

const KILLS = length(1, 5);
const PUSHES_EACH = 200;

testWithOwnKafka(
  `a node of Kafka killed ${KILLS} times, which leads shards and coordinates the group: nothing is lost`,
  async () => {
    const traffic = await startNodesTraffic({ answerMs: () => 3 });
    const world = await startWorld({ endpoint: traffic.endpoint });
    const publishing = traffic.publish(
      world.nodes.map(({ url }) => url),
      { topic: TOPIC, pauseMs: 20 },
    );

    for (let kill = 0; kill < KILLS; kill += 1) {
      await traffic.pushed(PUSHES_EACH);
      const id = await world.coordinatorOf(SUBSCRIPTION);
      const node = world.cluster.nodes.find((each) => each.id === id);
      traffic.nextPhase();
      await node?.kill9();
      await traffic.pushed(PUSHES_EACH);
      await node?.start();
    }
    await traffic.pushed(PUSHES_EACH);
    await publishing.stop();
    const lag = await world.quiet();

    const { lost, repeats, text } = ledgerOf(traffic, SUBSCRIPTION);
    console.info(`Kafka, a node of it killed ${KILLS} times: ${text} (bound ${REPEATS_MAX} a kill).`, traffic.refusals);
    expect(lost).toEqual([]);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(REPEATS_MAX);
    await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);
