import { afterEach, expect } from "vitest";
import { cursorAt } from "../../../../../src/lib/domain/cursor.ts";
import { createKafkaTopic } from "../../../../../src/lib/engine/kafka/wire/topics.ts";
import type { Ownership } from "../../../../../src/lib/engine/port.ts";
import { byOffset, entry } from "../../../../conformance/fixtures.ts";
import {
  describeWithKafka as describe,
  kafkaForTests,
  startKafka,
  testWithKafka as test,
} from "../../../../support/kafka.ts";
import {
  eventually,
  freshPrefix,
  type KafkaNodeUnderTest,
  openNode,
  type SharedState,
  sharedState,
} from "../../../../support/kafka-nodes.ts";

const open: KafkaNodeUnderTest[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

const TOPIC = "topic-1";
const at = (low: number) => ({
  shard: { topicId: TOPIC, index: 0 },
  cursor: cursorAt(low, { topicId: TOPIC, subscriptionId: "r" }),
});

interface Group {
  readonly servers: readonly string[];
  readonly prefix: string;
  readonly state: SharedState;
}

async function groupOn(servers: readonly string[]): Promise<Group> {
  return { servers, prefix: freshPrefix(), state: sharedState() };
}

async function nodeOf(group: Group, id: string) {
  const node = await openNode({ ...group, id, topicPrefix: group.prefix });
  open.push(node);
  await createKafkaTopic(node.wire, { name: group.prefix + TOPIC, partitions: 1, configs: {} });
  const held: Ownership[] = [];
  const lost: Ownership[] = [];
  node.owners.handle({
    acquired: async (ownership) => void held.push(ownership),
    released: async () => {},
    lost: (ownership) => void lost.push(ownership),
  });
  return { node, held, lost, hold: () => held.at(-1) ?? { resource: "r", epoch: -1 } };
}

const STALE = { code: "epoch_stale" };

describe("an owner that the others take for dead", () => {
  test("changes nothing any more, neither late nor later, and is told", async () => {
    const group = await groupOn(await kafkaForTests());
    const a = await nodeOf(group, "a");
    await a.node.owners.want("r");
    const hold = a.hold();
    await a.node.cursors.commit(hold, [at(4)]);
    await a.node.parked.put(hold, [entry(1), entry(2)]);
    const frozen = a.node.freeze();
    const late = Promise.allSettled([
      a.node.parked.put(hold, [entry(1, { attempts: 9 }), entry(3)]),
      a.node.cursors.commit(hold, [at(9)], [entry(2).source]),
    ]);
    const b = await nodeOf(group, "b");
    await b.node.owners.want("r");
    await eventually("b owns it", () => b.held.length === 1);
    const found = byOffset(await b.node.parked.load(b.hold()));

    frozen.letGo();

    for (const each of await late) expect(each).toMatchObject({ status: "rejected", reason: STALE });
    expect(a.lost).toEqual([hold]);
    await expect(a.node.parked.put(hold, [entry(5)])).rejects.toMatchObject(STALE);
    await expect(a.node.owners.confirm(hold)).rejects.toMatchObject(STALE);
    expect(found).toEqual([entry(1), entry(2)]);
    expect(byOffset(await b.node.parked.load(b.hold()))).toEqual(found);
    expect((await b.node.cursors.load("r")).map(({ cursor }) => cursor.low)).toEqual([4]);
    await b.node.owners.confirm(b.hold());
  });
});

describe("the coordinator that is killed and comes back", () => {
  test("finds each owner where it was, and the nodes together", { timeout: 180_000 }, async () => {
    const cluster = await startKafka();
    const group = await groupOn(cluster.bootstrap);
    const [a, b] = [await nodeOf(group, "a"), await nodeOf(group, "b")];
    await eventually("both are there", () => [a, b].every(({ node }) => node.nodes.list().length === 2));
    await Promise.all([a.node.owners.want("r"), b.node.owners.want("r")]);
    await eventually("one owns it", () => a.held.length + b.held.length === 1);
    const [owner, other] = a.held.length === 1 ? [a, b] : [b, a];
    await owner.node.parked.put(owner.hold(), [entry(1)]);
    await owner.node.cursors.commit(owner.hold(), [at(3)]);

    const [broker] = cluster.nodes;
    await broker?.kill9();
    const [away] = await Promise.allSettled([owner.node.parked.put(owner.hold(), [entry(2)])]);
    await broker?.start();

    expect(away).toMatchObject({ status: "rejected", reason: { code: "engine_unavailable" } });
    await eventually("it is confirmed", async () => {
      const [asked] = await Promise.allSettled([owner.node.owners.confirm(owner.hold())]);
      return asked?.status === "fulfilled";
    });
    await owner.node.cursors.commit(owner.hold(), [at(5)]);
    expect([owner.lost, other.lost]).toEqual([[], []]);
    await owner.node.close();
    await eventually("the other one takes over", () => other.held.length === 1);
    expect((await other.node.cursors.load("r")).map(({ cursor }) => cursor.low)).toEqual([5]);
    expect(byOffset(await other.node.parked.load(other.hold())).map(({ source }) => source.offset)).toContain(1);
  });
});
