import { expect, vi } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { type NodesTraffic, startNodesTraffic } from "./kafka-traffic.ts";
import { type FaultWorld, REPEATS_MAX, SUBSCRIPTION, startWorld, TOPIC, WAIT } from "./kafka-world.ts";

const KILLS = length(2, 10);
const LETTERS = length(120, 800);
/** Of so many messages one is refused: an endpoint that refuses most of them would be taken for one that is not well. */
const BAD_EACH = 3;
/** So slow that the redrive is under way at each kill. */
const RATE_PER_S = 15;
/** Redriven messages between two kills. */
const EVENTS_EACH = 10;
/** Another subscription of the topic, to which a redrive brings nothing. */
const OTHER = "shipping";

testWithOwnKafka(
  `a redrive whose owner is killed ${KILLS} times goes on at another node: nothing lost, nothing counted twice, a second subscription receives nothing`,
  async () => {
    let isMended = false;
    const traffic = await startNodesTraffic({
      answerMs: () => 3,
      status: ({ id, subscription }) => (subscription === SUBSCRIPTION && !isMended && isBad(id) ? 500 : 200),
    });
    const world = await startWorld({
      endpoint: traffic.endpoint,
      kafkaNodes: length(1, 3),
      subscriptions: [SUBSCRIPTION, OTHER],
      retryDelays: ["1ms"],
    });
    await giveUpOn(world, traffic);
    const [before, toOther] = [SUBSCRIPTION, OTHER].map((name) => pushesTo(traffic, name).length);
    isMended = true;

    const body = { rate: RATE_PER_S, job: "job-1" };
    // Whoever owns it may be on its way: then nothing was ordered, and the same job is ordered again.
    const order = () => vi.waitFor(() => world.admin().call("subscriptionRedrive", { name: SUBSCRIPTION, body }), WAIT);
    const ordered = await order();
    const found: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await traffic.pushed(EVENTS_EACH);
      const owner = await world.ownerOf("subscription", SUBSCRIPTION);
      found.push((await world.admin().call("jobDescribe", { name: "job-1" })).state);
      await owner.end("SIGKILL");
      await owner.start();
    }
    const job = await vi.waitFor(async () => {
      const asked = await world.admin().call("jobDescribe", { name: "job-1" });
      expect(asked.state).not.toBe("running");
      return asked;
    }, WAIT);
    const again = await order();
    const lag = await world.quiet();

    const redriven = pushesTo(traffic, SUBSCRIPTION).slice(before);
    const repeats = redriven.length - new Set(redriven).size;
    console.info(
      `Kafka, a redrive whose owner was killed ${KILLS} times: ${new Set(redriven).size} of ${LETTERS}, ${repeats} pushed again (bound ${REPEATS_MAX} a kill).`,
    );
    expect(ordered).toMatchObject({ matched: LETTERS, job: "job-1" });
    expect(found).toEqual(found.map(() => "running"));
    expect(job).toMatchObject({ state: "done", matched: LETTERS, redriven: LETTERS });
    expect(again).toMatchObject({ job: "job-1", matched: LETTERS, redriven: LETTERS, state: "done" });
    expect(new Set(redriven.filter(isBad)).size).toBe(LETTERS);
    expect(repeats).toBeLessThanOrEqual(KILLS * REPEATS_MAX);
    expect(pushesTo(traffic, OTHER).length).toBe(toOther);
    expect(lag).toMatchObject({ deadLetters: 0, setAside: 0 });
    await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);

const isBad = (id: string) => Number(id.replace("message-", "")) % BAD_EACH === 0;

const pushesTo = ({ received }: NodesTraffic, name: string) =>
  received.flatMap(({ push: { id, subscription } }) => (subscription === name ? [id] : []));

/** Billing has given up on what is bad, the other one has received everything, and both are durable. */
async function giveUpOn(world: FaultWorld, traffic: NodesTraffic): Promise<void> {
  const urls = world.nodes.map(({ url }) => url);
  await traffic.publish(urls, { topic: TOPIC, countMax: LETTERS * BAD_EACH }).done;
  for (const name of [SUBSCRIPTION, OTHER]) {
    const lag = await world.quiet(name);
    expect(lag.deadLetters).toBe(name === SUBSCRIPTION ? LETTERS : 0);
    await world.expectCommitted(lag);
  }
}
