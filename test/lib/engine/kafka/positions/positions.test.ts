import { afterEach, expect } from "vitest";
import { type Cursor, cursorAt, settle } from "../../../../../src/lib/domain/cursor.ts";
import { encodeCursor, encodedLength } from "../../../../../src/lib/domain/cursor-codec.ts";
import { takeFence } from "../../../../../src/lib/engine/kafka/owners/fence.ts";
import { fetchOffsets } from "../../../../../src/lib/engine/kafka/owners/offsets.ts";
import { commitUnowned, countMembers } from "../../../../../src/lib/engine/kafka/positions/group-calls.ts";
import { createKafkaTopic } from "../../../../../src/lib/engine/kafka/wire/topics.ts";
import type { Ownership } from "../../../../../src/lib/engine/port.ts";
import { byOffset, entry } from "../../../../conformance/fixtures.ts";
import { describeWithKafka as describe, kafkaForTests, testWithKafka as test } from "../../../../support/kafka.ts";
import { freshPrefix, type KafkaNodeUnderTest, openNode, sharedState } from "../../../../support/kafka-nodes.ts";

const open: KafkaNodeUnderTest[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

const SUBSCRIPTION = "subscription-1";
const TOPIC = "topic-1";
const SHARD = { topicId: TOPIC, index: 0 };
const cursor = (low: number, changes: Partial<Cursor> = {}) => ({
  ...cursorAt(low, { topicId: TOPIC, subscriptionId: SUBSCRIPTION }),
  ...changes,
});

async function cluster(options: { readonly partitions?: number } = {}) {
  const [servers, prefix, state] = [await kafkaForTests(), freshPrefix(), sharedState()];
  const nodeOf = async (id: string) => {
    const node = await openNode({ servers, prefix, id, state, topicPrefix: prefix });
    open.push(node);
    return node;
  };
  const node = await nodeOf("a");
  const topic = prefix + TOPIC;
  await createKafkaTopic(node.wire, { name: topic, partitions: options.partitions ?? 1, configs: {} });
  return { node, nodeOf, topic, group: `${prefix}-billing`, own: `${prefix}.${SUBSCRIPTION}` };
}

async function own({ owners }: KafkaNodeUnderTest, resource = SUBSCRIPTION): Promise<Ownership> {
  const [held, lost]: [Ownership[], Ownership[]] = [[], []];
  owners.handle({
    acquired: async (ownership) => void held.push(ownership),
    released: async () => {},
    lost: (ownership) => void lost.push(ownership),
  });
  await owners.want(resource);
  const [first] = held;
  if (first === undefined) throw new Error(`"${resource}" was not acquired.`);
  return first;
}

/** What one of Kafka's own tools writes. */
const offsetOfTool = (topic: string, offset: number, committedMetadata = "") => [
  {
    name: topic,
    partitions: [{ partitionIndex: 0, committedOffset: BigInt(offset), committedLeaderEpoch: -1, committedMetadata }],
  },
];

describe("positions on Kafka", () => {
  test("a subscription is a consumer group of its name, whose offset is where everything below is settled", async () => {
    const { node, topic, group } = await cluster();
    await node.cursors.init(SUBSCRIPTION, [{ shard: SHARD, cursor: cursor(4) }], { name: group });
    const hold = await own(node);

    await node.cursors.commit(hold, [{ shard: SHARD, cursor: settle(cursor(7), { from: 9, to: 12 }) }]);

    expect(await countMembers(node.wire, group)).toBe(1);
    const [offset] = await fetchOffsets(node.wire, group);
    expect(offset).toMatchObject({ topic, partition: 0, offset: 7 });
  });

  test("a group that somebody else's consumers use is left as it is", async () => {
    const { node, topic, group } = await cluster();
    await commitUnowned(node.wire, group, offsetOfTool(topic, 3));

    const init = node.cursors.init(SUBSCRIPTION, [{ shard: SHARD, cursor: cursor(9) }], { name: group });

    await expect(init).rejects.toMatchObject({ code: "subscription_exists", hint: expect.stringContaining(group) });
    await node.cursors.forget(SUBSCRIPTION);
    expect(await fetchOffsets(node.wire, group)).toMatchObject([{ offset: 3 }]);
  });

  test("of two subscriptions that are made under one name at once, one gets its group", async () => {
    const { node, group } = await cluster();
    const init = (id: string, low: number) =>
      node.cursors.init(id, [{ shard: SHARD, cursor: cursor(low) }], { name: group });

    const [first, second] = await Promise.allSettled([init("s-1", 1), init("s-2", 2)]);

    expect([first?.status, second?.status]).toEqual(["fulfilled", "rejected"]);
    await node.cursors.forget("s-2");
    expect((await node.cursors.load("s-1"))[0]?.cursor.low).toBe(1);
  });

  test("the name of a subscription that is gone may be used again, from where the new one starts", async () => {
    const { node, group } = await cluster();
    await node.cursors.init("s-1", [{ shard: SHARD, cursor: cursor(8) }], { name: group });
    await own(node, "s-1");
    await node.owners.unwant("s-1");
    await node.cursors.forget("s-1");

    await node.cursors.init("s-2", [{ shard: SHARD, cursor: cursor(2) }], { name: group });

    expect((await node.cursors.load("s-2")).map((each) => each.cursor.low)).toEqual([2]);
    expect(await node.cursors.load("s-1")).toEqual([]);
  });

  test("an offset that one of Kafka's own tools has set counts, for the newest move", async () => {
    const { node, topic, own: group } = await cluster();
    await node.cursors.init(SUBSCRIPTION, [{ shard: SHARD, cursor: settle(cursor(4), { from: 6, to: 9 }) }]);

    // Some keep the metadata that they found.
    await commitUnowned(node.wire, group, offsetOfTool(topic, 2, encodeCursor(cursor(4))));

    const [loaded] = await node.cursors.load(SUBSCRIPTION);
    const low2 = { shard: SHARD, cursor: cursor(2, { generation: Number.MAX_SAFE_INTEGER }) };
    expect(loaded).toEqual(low2);
    await commitUnowned(node.wire, group, offsetOfTool(topic, 2));
    expect(await node.cursors.load(SUBSCRIPTION)).toEqual([low2]);
  });

  test("a cursor that is too long for Kafka is kept without its shortest runs, and the others whole", async () => {
    const { node } = await cluster({ partitions: 2 });
    const holes = Array.from({ length: 3_000 }, (_, index) => ({ from: 4 * index + 1, to: 4 * index + 2 }));
    const long = [...holes, { from: 20_000, to: 30_000 }].reduce(settle, cursor(0, { expired: 3 }));
    const other = { shard: { topicId: TOPIC, index: 1 }, cursor: cursor(5) };
    const hold = await own(node);

    await node.cursors.commit(hold, [{ shard: SHARD, cursor: long }, other]);

    const loaded = await node.cursors.load(SUBSCRIPTION);
    const kept = loaded.find(({ shard }) => shard.index === 0)?.cursor ?? cursor(-1);
    expect(encodedLength(long)).toBeGreaterThan(4_096);
    expect(encodedLength(kept)).toBeLessThanOrEqual(4_096);
    expect(kept).toMatchObject({ low: 0, expired: 3 });
    expect(kept.above).toContainEqual({ from: 20_000, to: 30_000 });
    expect(kept.above.length).toBeGreaterThan(1_000);
    expect(long.above).toEqual(expect.arrayContaining(kept.above.slice(0, 50)));
    expect(loaded).toContainEqual(other);
  });

  test("what was parked is what the next owner finds, and what it removes is gone", async () => {
    const { node, nodeOf } = await cluster();
    const hold = await own(node);
    await node.parked.put(hold, [entry(1), entry(2), entry(3)]);
    await node.parked.put(hold, [entry(2, { attempts: 7 })]);
    await node.cursors.commit(hold, [], [entry(3).source]);
    await node.close();

    const next = await nodeOf("b");
    const nextHold = await own(next);

    expect(byOffset(await next.parked.load(nextHold))).toEqual([entry(1), entry(2, { attempts: 7 })]);
    // The second look reads the partition.
    expect(byOffset(await next.parked.load(nextHold))).toEqual([entry(1), entry(2, { attempts: 7 })]);
  });

  test("an owner that was fenced commits nothing, parks nothing, and is told", async () => {
    const { node, own: group } = await cluster();
    const hold = await own(node);
    await node.cursors.commit(hold, [{ shard: SHARD, cursor: cursor(4) }]);
    await node.parked.put(hold, [entry(8)]);

    await takeFence(node.wire, group, 1);

    const stale = { code: "epoch_stale" };
    await expect(node.parked.put(hold, [entry(9)])).rejects.toMatchObject(stale);
    await expect(node.cursors.commit(hold, [{ shard: SHARD, cursor: cursor(9) }])).rejects.toMatchObject(stale);
    await expect(node.owners.confirm(hold)).rejects.toMatchObject(stale);
    expect((await node.cursors.load(SUBSCRIPTION)).map((each) => each.cursor.low)).toEqual([4]);
  });
});
