import zlib from "node:zlib";
import { Producer } from "@platformatic/kafka";
import { expect, onTestFinished } from "vitest";
import { createKafkaTopic, deleteKafkaTopic } from "../../../../src/lib/engine/kafka/wire/topics.ts";
import { ALL, message } from "../../../conformance/fixtures.ts";
import { kafkaForTests, testWithKafka } from "../../../support/kafka.ts";
import { type LogUnderTest, openLog } from "../../../support/kafka-log.ts";

const TOPIC = "t1";
const SHARD = { topicId: TOPIC, index: 0 };

/** A Kafka topic that somebody else made. */
async function theirs(under: LogUnderTest, name: string, configs: Readonly<Record<string, string>> = {}) {
  const kafkaName = under.topicPrefix + name;
  await createKafkaTopic(under.wire, { name: kafkaName, partitions: 1, configs });
  onTestFinished(() => deleteKafkaTopic(under.wire, kafkaName));
  const put = (value: string | null, key: string | null = null) =>
    under.producing.produce({ topic: kafkaName, partition: 0 }, [
      { key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value) },
    ]);
  return { name: kafkaName, put };
}

async function inKafka({ wire }: LogUnderTest, name: string) {
  wire.forgetTopic(name);
  return wire.topic(name);
}

async function payloadsIn({ log }: LogUnderTest): Promise<readonly string[]> {
  const { records } = await log.read(SHARD, 0, ALL);
  return records.map(({ payload }) => Buffer.from(payload).toString());
}

const documentsOf = ({ state }: LogUnderTest) => state.documents.list("kafka-topic").map(([key]) => key);

testWithKafka("a topic lies as it was asked for, and shows it", async () => {
  const under = await openLog(await kafkaForTests());
  const { layouts } = under.log;
  const configs = { "min.insync.replicas": "1", "segment.ms": "3600000" };

  await layouts.createTopic(TOPIC, "orders", { partitions: 3, replicationFactor: 1, configs });

  const layout = (await layouts.of([TOPIC, "unknown"])).get(TOPIC);
  expect(layout).toMatchObject({ name: `${under.topicPrefix}orders`, isAdopted: false });
  expect(layout?.partitions.map(({ replicas, inSync }) => [replicas.length, inSync])).toEqual(
    layout?.partitions.map(({ leader }) => [1, [leader]]),
  );
  expect(layout?.partitions).toHaveLength(3);
  expect(await layouts.configs(TOPIC)).toEqual(configs);
  expect(await under.log.shards(TOPIC)).toHaveLength(3);
  expect(await layouts.wishLike(TOPIC)).toEqual({ replicationFactor: 1, configs: { "min.insync.replicas": "1" } });
});

testWithKafka("what Kafka refuses is told with its code, and leaves nothing behind", async () => {
  const under = await openLog(await kafkaForTests());
  const { layouts } = under.log;
  const refusals = [
    [{ replicationFactor: 50 }, "INVALID_REPLICATION_FACTOR", "50"],
    [{ partitions: 0 }, "INVALID_PARTITIONS", "Number of partitions"],
    [{ configs: { "segment.ms": "soon" } }, "INVALID_CONFIG", "soon"],
  ] as const;

  for (const [wish, kafkaCode, words] of refusals) {
    const refusal = {
      code: "topic_refused",
      message: expect.stringMatching(
        new RegExp(`^Kafka: ${kafkaCode} for topic "${under.topicPrefix}orders"\\. .*${words}`),
      ),
      hint: expect.any(String),
    };
    await expect(layouts.tryTopic("orders", wish)).rejects.toMatchObject(refusal);
    await expect(layouts.createTopic(TOPIC, "orders", wish)).rejects.toMatchObject(refusal);
    expect(documentsOf(under)).toEqual([]);
  }

  await layouts.tryTopic("orders", { partitions: 2 });
  expect(await inKafka(under, `${under.topicPrefix}orders`)).toBeUndefined();
  await layouts.createTopic(TOPIC, "orders", { partitions: 2 });
  expect(await under.log.shards(TOPIC)).toHaveLength(2);
});

testWithKafka("what the engine decides about every topic is refused by name before Kafka is asked", async () => {
  const under = await openLog(await kafkaForTests());
  const configs = { "retention.ms": "1", "cleanup.policy": "compact", "segment.ms": "3600000" };

  const creating = under.log.layouts.createTopic(TOPIC, "orders", { configs });

  const message = expect.stringMatching(/^kbroker decides this .*: retention\.ms \(.*\), cleanup\.policy \(.*\)\.$/);
  await expect(creating).rejects.toMatchObject({ code: "topic_refused", message });
  expect(await inKafka(under, `${under.topicPrefix}orders`)).toBeUndefined();
  expect(documentsOf(under)).toEqual([]);
});

testWithKafka("a topic that a crash left behind lies as the next creation asks for", async () => {
  const under = await openLog(await kafkaForTests());
  const name = `${under.topicPrefix}orders`;
  await under.state.documents.claim("kafka-topic", `creating/${name}`, {});
  await createKafkaTopic(under.wire, { name, partitions: 1, configs: {} });

  await under.log.layouts.createTopic(TOPIC, "orders", { partitions: 2 });

  expect(await under.log.shards(TOPIC)).toHaveLength(2);
  expect(documentsOf(under)).toEqual([TOPIC]);
});

testWithKafka("partitions are added and never taken away, and a trial changes nothing", async () => {
  const one = await openLog(await kafkaForTests());
  const other = await openLog(await kafkaForTests(), { of: one });
  const { layouts } = one.log;
  await one.log.createTopic(TOPIC, { name: "orders" });
  const count = async () => (await layouts.of([TOPIC])).get(TOPIC)?.partitions.length;

  await layouts.setPartitions(TOPIC, 3, { dryRun: true });
  await layouts.setPartitions(TOPIC, 1);
  expect(await count()).toBe(1);
  await layouts.setPartitions(TOPIC, 3);
  await layouts.setPartitions(TOPIC, 3);

  expect(await count()).toBe(3);
  expect(await other.log.shards(TOPIC)).toHaveLength(3);
  const fewer = layouts.setPartitions(TOPIC, 2, { dryRun: true });
  await expect(fewer).rejects.toMatchObject({ code: "topic_refused", message: expect.stringContaining("2 are fewer") });
  await expect(layouts.setPartitions("unknown", 2)).rejects.toMatchObject({ code: "topic_not_found" });
});

testWithKafka("a topic that Kafka has becomes ours with what is in it, and stays when it is deleted", async () => {
  const under = await openLog(await kafkaForTests());
  const { layouts } = under.log;
  const { name, put } = await theirs(under, "orders", { "retention.ms": "86400000" });
  await put("one");
  const before = await inKafka(under, name);
  expect(await layouts.adoptable()).toEqual([{ name: "orders", partitions: 1 }]);

  expect(await layouts.adopt(TOPIC, "orders")).toEqual({ isCompacted: false });

  expect(await layouts.adoptable()).toEqual([]);
  expect((await layouts.of([TOPIC])).get(TOPIC)?.isAdopted).toBe(true);
  expect(await layouts.configs(TOPIC)).toEqual({ "retention.ms": "86400000" });
  await under.log.append(TOPIC, [message("two", "two")]);
  expect(await payloadsIn(under)).toEqual(["one", "two"]);
  await under.log.deleteTopic(TOPIC);
  expect(await inKafka(under, name)).toEqual(before);
  await expect(under.log.bounds(SHARD)).rejects.toMatchObject({ code: "topic_not_found" });
  await layouts.adopt("again", "orders");
  expect(await under.log.bounds({ topicId: "again", index: 0 })).toEqual({ start: 0, end: 2 });
});

testWithKafka("what is not there, is internal, or is ours already is not adopted", async () => {
  const under = await openLog(await kafkaForTests());
  const { layouts } = under.log;
  const state = await theirs(under, "shop-__kbroker_catalog");
  await under.log.createTopic(TOPIC, { name: "orders" });
  const adopt = (name: string) => layouts.adopt("new", name);

  await expect(adopt("nothing")).rejects.toMatchObject({ code: "topic_not_found" });
  await expect(adopt("__theirs")).rejects.toMatchObject({ code: "topic_refused" });
  await expect(adopt("shop-__kbroker_catalog")).rejects.toMatchObject({ code: "topic_refused" });
  await expect(adopt("orders")).rejects.toMatchObject({ code: "topic_exists" });

  expect(await layouts.adoptable()).toEqual([]);
  expect(documentsOf(under)).toEqual([TOPIC]);
  expect(await inKafka(under, state.name)).toBeDefined();
});

testWithKafka("what an import that was cut off left behind makes no topic of Kafka ours to delete", async () => {
  const under = await openLog(await kafkaForTests());
  const { name } = await theirs(under, "orders");
  await under.log.layouts.adopt("cut-off", "orders");

  const creating = under.log.createTopic(TOPIC, { name: "orders" });

  await expect(creating).rejects.toMatchObject({ code: "topic_exists" });
  expect(await inKafka(under, name)).toBeDefined();
  await under.log.layouts.adopt(TOPIC, "orders");
  expect(documentsOf(under)).toEqual([TOPIC]);
});

testWithKafka("records have the times that their producers gave, whichever way those go", async () => {
  const under = await openLog(await kafkaForTests());
  const { name } = await theirs(under, "orders");
  const producer = new Producer({ clientId: "native", bootstrapBrokers: [...(await kafkaForTests())], retries: 4 });
  const given = [5_000, 3_000, 8_000, 1_000];
  for (const [index, timeMs] of given.entries())
    await producer.send({
      messages: [{ topic: name, partition: 0, value: Buffer.from(String(index)), timestamp: BigInt(timeMs) }],
    });
  await producer.close();
  await under.log.layouts.adopt(TOPIC, "orders");

  const { records } = await under.log.read(SHARD, 0, ALL);

  expect(records.map(({ timeMs }) => timeMs)).toEqual(given);
  const offsets = [0, 4_000, 5_001, 8_001].map((timeMs) => under.log.offsetAt(SHARD, timeMs));
  expect(await Promise.all(offsets)).toEqual([0, 0, 2, 4]);
  const now = Date.now();
  const [appended] = await under.log.append(TOPIC, [message("a")]);
  expect(appended?.kind === "appended" ? appended.timeMs : 0).toBeGreaterThan(now - 60_000);
  expect((await under.log.read(SHARD, 4, ALL)).records[0]?.timeMs).toBe(
    appended?.kind === "appended" ? appended.timeMs : 0,
  );
});

testWithKafka("a tombstone is a hole, and a compacted topic takes no record without a key", async () => {
  const under = await openLog(await kafkaForTests());
  const { put } = await theirs(under, "orders", { "cleanup.policy": "compact" });
  await put("one", "a");
  await put(null, "a");
  await put("two", "b");

  expect(await under.log.layouts.adopt(TOPIC, "orders")).toEqual({ isCompacted: true });

  expect(await under.log.read(SHARD, 0, ALL)).toMatchObject({
    records: [{ offset: 0 }, { offset: 2 }],
    next: 3,
    damaged: [],
  });
  expect(await under.log.read(SHARD, 1, { countMax: 1, bytesMax: 1 })).toMatchObject({
    records: [{ offset: 2 }],
    next: 3,
  });
  const [refused, taken] = await Promise.allSettled([
    under.log.append(TOPIC, [message("x")]),
    under.log.append(TOPIC, [{ ...message("y"), key: "k" }]),
  ]);
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "invalid_request" } });
  expect(taken).toMatchObject({ status: "fulfilled" });
});

testWithKafka("a topic compressed in a way that this Node cannot undo is not adopted", async () => {
  const canRead = "zstdDecompressSync" in zlib;
  const under = await openLog(await kafkaForTests());
  await theirs(under, "orders", { "compression.type": "zstd" });

  const [adopting] = await Promise.allSettled([under.log.layouts.adopt(TOPIC, "orders")]);

  expect(adopting.status).toBe(canRead ? "fulfilled" : "rejected");
  expect(documentsOf(under)).toEqual(canRead ? [TOPIC] : []);
});
