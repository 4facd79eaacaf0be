import { setTimeout as delay } from "node:timers/promises";
import { expect, vi } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, replaysOf, startNodesTraffic } from "./kafka-traffic.ts";
import { SUBSCRIPTION, startWorld, TOPIC, WAIT } from "./kafka-world.ts";

const MOVES = length(2, 60);
/** During which the rewind is ordered. */
const REWOUND_MOVE = length(0, 20);
const MOVE_EACH_MS = 5_000;
/** The consumer takes so long that every move finds messages in flight. */
const ANSWER_MS = 3_000;

testWithOwnKafka(
  `a node removed or added every ${MOVE_EACH_MS / 1000} s, ${MOVES} times, with a consumer that takes ${ANSWER_MS / 1000} s and a rewind in the middle of one: nothing is lost, and clean moves repeat nothing`,
  async () => {
    const traffic = await startNodesTraffic({ answerMs: () => ANSWER_MS });
    const world = await startWorld({ endpoint: traffic.endpoint, kafkaNodes: length(1, 3) });
    const startedAt = new Date().toISOString();
    const publishing = traffic.publish(
      world.nodes.map(({ url }) => url),
      { topic: TOPIC, pauseMs: 4_000 },
    );
    await traffic.pushed(8);

    const codes: (number | null)[] = [];
    let history: ReadonlySet<string> = new Set();
    for (let move = 0; move < MOVES; move += 2) {
      const node = await world.ownerOf("subscription", SUBSCRIPTION);
      traffic.nextPhase();
      const moving = Promise.all([node.end("SIGTERM"), delay(MOVE_EACH_MS)]);
      if (move === REWOUND_MOVE) {
        history = new Set(traffic.received.flatMap(({ push: { id, status } }) => (status === 200 ? [id] : [])));
        await orderRewind();
      }
      codes.push((await moving)[0]);
      traffic.nextPhase();
      await Promise.all([node.start(), delay(MOVE_EACH_MS)]);
    }
    await publishing.stop();
    const job = await vi.waitFor(async () => {
      const found = await world.admin().call("jobDescribe", { name: "rewind" });
      expect(found.state).not.toBe("running");
      return found;
    }, WAIT);
    const lag = await world.quiet();

    const { lost, repeats, text } = ledgerOf(traffic, SUBSCRIPTION);
    const replayed = replaysOf(traffic, history);
    console.info(
      `Kafka, ${MOVES} moves by nodes that go and come: ${text} (bound 0 a clean move); a rewind brought ${replayed.size} of ${history.size}.`,
      traffic.refusals,
    );
    expect(lost).toEqual([]);
    expect(codes).toEqual(codes.map(() => 0));
    expect(repeats).toEqual(repeats.map(() => 0));
    expect(job).toMatchObject({ state: "done" });
    expect([...history].filter((id) => !replayed.has(id))).toEqual([]);
    await world.expectCommitted(lag);

    /** Through a node that stays; while the owner is on its way the order is refused, and given again. */
    async function orderRewind(): Promise<void> {
      const body = { to: startedAt, job: "rewind" };
      await vi.waitFor(() => world.admin().call("subscriptionRewind", { name: SUBSCRIPTION, body }), WAIT);
    }
  },
  FAULT_MS_MAX,
);
