import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, REFUSAL_MS_MAX, startNodesTraffic } from "./kafka-traffic.ts";
import { REPEATS_MAX, SUBSCRIPTION, startWorld, TOPIC } from "./kafka-world.ts";

const AWAY_MS = length(12_000, 120_000);
/** Of so many messages one is refused at its first attempt: some are parked when Kafka goes, and some have to be. */
const REFUSED_EACH = 20;

testWithOwnKafka(
  `with all of Kafka away for ${AWAY_MS / 1000} s publishers are told to come again, and everything resumes with nothing lost`,
  async () => {
    const traffic = await startNodesTraffic({
      answerMs: () => 3,
      status: ({ id, attempt }) =>
        attempt === 1 && Number(id.replace("message-", "")) % REFUSED_EACH === 0 ? 500 : 200,
    });
    const world = await startWorld({ endpoint: traffic.endpoint });
    const urls = world.nodes.map(({ url }) => url);
    const publishing = traffic.publish(urls, { topic: TOPIC, pauseMs: 20 });
    await traffic.pushed(200);

    traffic.nextPhase();
    await Promise.all(world.cluster.nodes.map((node) => node.kill9()));
    await delay(AWAY_MS);
    await world.cluster.start();
    await traffic.pushed(200);
    await publishing.stop();
    const lag = await world.quiet();

    const { lost, repeats, text } = ledgerOf(traffic, SUBSCRIPTION);
    const { refusals, troubles, slowest } = traffic;
    const waited = `a publisher waited at most ${Math.round(slowest.refusalMs)} ms for a refusal`;
    console.info(`Kafka away for ${AWAY_MS / 1000} s: ${text} (bound ${REPEATS_MAX}); ${waited}.`, refusals);
    expect(lost).toEqual([]);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(REPEATS_MAX);
    expect([...refusals.keys()]).toEqual(["503 engine_unavailable"]);
    expect(slowest.refusalMs).toBeLessThan(REFUSAL_MS_MAX);
    expect(troubles.filter(({ answer }) => answer === undefined)).toEqual([]);
    expect(lag.deadLetters).toBe(0);
    for (const node of world.nodes) expect(saidAgain(node.process().log()), node.name).toEqual([]);
    await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);

/** What a log says more than twice of the same thing: once an outage is enough, and one more where it came back in two steps. */
function saidAgain(log: string): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of log.split("\n").filter((each) => each.startsWith("{") && each.endsWith("}"))) {
    const { level, msg, subscription, resource, topic }: Record<string, unknown> = JSON.parse(line);
    if (level !== "warn" && level !== "error") continue;
    const what = `${String(msg)} ${String(subscription ?? resource ?? topic ?? "")}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return Array.from(counts).flatMap(([what, count]) => (count > 2 ? [`${count} × ${what}`] : []));
}
