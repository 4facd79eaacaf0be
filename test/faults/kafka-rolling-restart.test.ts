import { expect } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, startNodesTraffic } from "./kafka-traffic.ts";
import { startWorld, TOPIC, untilSettled } from "./kafka-world.ts";

const ROUNDS = length(1, 3);
const SUBSCRIPTIONS = ["billing", "search", "shipping", "statistics"];
const PUSHES_EACH = 200;
/** Away with its node, and back. */
const TAKINGS_EACH_MAX = 2;

testWithOwnKafka(
  `all three nodes restarted one after the other, ${ROUNDS} times: no publisher notices but at the node that stops, nothing comes twice, and each thing moves twice at most`,
  async () => {
    const traffic = await startNodesTraffic({ answerMs: () => 50 });
    const world = await startWorld({
      endpoint: traffic.endpoint,
      kafkaNodes: length(1, 3),
      subscriptions: SUBSCRIPTIONS,
    });
    const publishing = traffic.publish(
      world.nodes.map(({ url }) => url),
      { topic: TOPIC, pauseMs: 200 },
    );
    await traffic.pushed(PUSHES_EACH);
    await untilSettled(world);
    const before = await world.takings();

    const stopped: (string | undefined)[] = [undefined];
    for (const node of Array.from({ length: ROUNDS }, () => world.nodes).flat()) {
      traffic.nextPhase();
      stopped.push(node.url);
      expect(await node.end("SIGTERM")).toBe(0);
      await node.start();
      await untilSettled(world);
      traffic.nextPhase();
      stopped.push(undefined);
      await traffic.pushed(PUSHES_EACH);
    }
    const after = await world.takings();
    await publishing.stop();
    const lags = [];
    for (const name of SUBSCRIPTIONS) lags.push(await world.quiet(name));

    const ledgers = SUBSCRIPTIONS.map((name) => ledgerOf(traffic, name));
    const takings = Array.from(after, ([resource, count]) => count - (before.get(resource) ?? 0));
    console.info(
      `Kafka, three nodes restarted ${ROUNDS} times: ${ledgers.map(({ text }) => text).join("; ")}. ` +
        `${takings.reduce((sum, count) => sum + count, 0)} takings of ${after.size} things, at most ${Math.max(...takings)} of one; ` +
        `the slowest answer took ${Math.round(traffic.slowest.answerMs)} ms.`,
      traffic.refusals,
    );
    expect(ledgers.map(({ lost }) => lost)).toEqual(ledgers.map(() => []));
    expect(ledgers.flatMap(({ repeats }) => repeats).filter((count) => count > 0)).toEqual([]);
    expect(traffic.troubles.filter(({ url, phase }) => url !== stopped[phase])).toEqual([]);
    expect(Math.max(...takings)).toBeLessThanOrEqual(ROUNDS * TAKINGS_EACH_MAX);
    for (const lag of lags) await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);
