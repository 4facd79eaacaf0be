import { setTimeout as delay } from "node:timers/promises";
import { expect, vi } from "vitest";
import { partitionOf } from "../../src/lib/engine/kafka/partitioner.ts";
import { testWithOwnKafka } from "../support/kafka.ts";
import { FAULT_MS_MAX, length } from "./kafka-length.ts";
import { ledgerOf, type NodesTraffic, REFUSAL_MS_MAX, startNodesTraffic } from "./kafka-traffic.ts";
import { type FaultWorld, REPEATS_MAX, SUBSCRIPTION, startWorld, TOPIC, WAIT } from "./kafka-world.ts";

/** Who is frozen, one after the other: a Kafka node that leads shards, or the one that coordinates the subscription's group as well. */
const FREEZES = length(["leader"], ["leader", "coordinator", "leader", "coordinator", "leader"]);
/** At least; until everything goes on without it. */
const FROZEN_MS = length(0, 60_000);
const PUSHES_EACH = length(50, 200);
/**
 * A request to a broker that says nothing is waited for so long where nobody gives the broker up (`wire/links.ts`). What is served sooner is
 * served because somebody did; the cluster itself needs 3 s.
 */
const REQUEST_MS = 15_000;

testWithOwnKafka(
  `a Kafka node that leads shards, frozen ${FREEZES.length} times, holds up nobody once the cluster has given it up, and nothing is lost`,
  async () => {
    const traffic = await startNodesTraffic({ answerMs: () => 3 });
    const world = await startWorld({ endpoint: traffic.endpoint, nodes: length(2, 3) });
    const publishing = traffic.publish(
      world.nodes.map(({ url }) => url),
      { topic: TOPIC, pauseMs: 20 },
    );
    const served: Served[] = [];

    for (const whom of FREEZES) {
      await traffic.pushed(PUSHES_EACH);
      traffic.nextPhase();
      const frozen = await frozenNode(world, whom);
      served.push(await servedWithout(world, frozen.id, traffic));
      await delay(Math.max(0, FROZEN_MS - (served.at(-1)?.pushedMs ?? 0)));
      await frozen.thaw();
      await traffic.pushed(PUSHES_EACH);
      await vi.waitFor(
        async () => expect((await world.shards()).map(({ inSync }) => inSync.length)).not.toContain(2),
        WAIT,
      );
    }
    await publishing.stop();
    const lag = await world.quiet();

    const { lost, repeats, text } = ledgerOf(traffic, SUBSCRIPTION);
    const { refusals, slowest, troubles } = traffic;
    console.info(
      `Kafka, a node that leads frozen ${FREEZES.length} times: ${text} (bound ${REPEATS_MAX} a freeze); served without it: ` +
        `${served.map(textOf).join("; ")}; slowest answer ${ms(slowest.answerMs)}, slowest refusal ${ms(slowest.refusalMs)}.`,
      refusals,
    );
    expect(lost).toEqual([]);
    expect(Math.max(...repeats)).toBeLessThanOrEqual(REPEATS_MAX);
    for (const { acknowledgedMs, pushedMs } of served) {
      expect(acknowledgedMs).toBeLessThan(REQUEST_MS);
      expect(pushedMs).toBeLessThan(REQUEST_MS);
    }
    expect([...refusals.keys()].filter((refusal) => refusal !== "503 engine_unavailable")).toEqual([]);
    expect(slowest.refusalMs).toBeLessThan(REFUSAL_MS_MAX);
    expect(troubles.filter(({ answer }) => answer === undefined)).toEqual([]);
    await world.expectCommitted(lag);
  },
  FAULT_MS_MAX,
);

/** Freezes a Kafka node that leads shards: the coordinator of the subscription's group, or another one where there is one. */
async function frozenNode({ cluster, coordinatorOf, shards }: FaultWorld, whom: string) {
  const coordinator = await coordinatorOf(SUBSCRIPTION);
  const leaders = (await shards()).map(({ leader }) => leader);
  const id = whom === "leader" ? (leaders.find((leader) => leader !== coordinator) ?? coordinator) : coordinator;
  const node = cluster.nodes.find((each) => each.id === id);
  if (node === undefined) throw new Error(`There is no Kafka node ${id}.`);
  await node.freeze();
  return node;
}

/** How long after the freeze the cluster had given it up, and messages of all shards were acknowledged, and pushed. */
interface Served {
  readonly id: number;
  readonly givenUpMs: number;
  readonly acknowledgedMs: number;
  readonly pushedMs: number;
}

/** Waits until nothing needs the frozen node any more. Messages count that were acknowledged after all shards had another leader. */
async function servedWithout(world: FaultWorld, id: number, traffic: NodesTraffic): Promise<Served> {
  const sinceMs = performance.now();
  const elapsedMs = () => performance.now() - sinceMs;
  await vi.waitFor(async () => {
    for (const { leader } of await world.shards()) expect([-1, id]).not.toContain(leader);
  }, WAIT);
  const givenUpMs = elapsedMs();
  const [before, receivedBefore] = [new Set(traffic.acknowledged), traffic.received.length];
  const count = (await world.shards()).length;
  const all = Array.from({ length: count }, (_, shard) => shard);
  const shardsOf = (ids: Iterable<string>) =>
    Array.from(new Set(Array.from(ids, (each) => partitionOf(each, null, count)))).sort((a, b) => a - b);
  const newOnes = () => [...traffic.acknowledged].filter((each) => !before.has(each));
  await vi.waitFor(() => expect(shardsOf(newOnes())).toEqual(all), WAIT);
  const acknowledgedMs = elapsedMs();
  const fresh = () =>
    traffic.received.slice(receivedBefore).flatMap(({ push }) => (before.has(push.id) ? [] : [push.id]));
  await vi.waitFor(() => expect(shardsOf(fresh())).toEqual(all), WAIT);
  return { id, givenUpMs, acknowledgedMs, pushedMs: elapsedMs() };
}

function textOf({ id, givenUpMs, acknowledgedMs, pushedMs }: Served): string {
  return `node ${id} given up after ${ms(givenUpMs)}, all shards acknowledged after ${ms(acknowledgedMs)}, pushed after ${ms(pushedMs)}`;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
