import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { eventually, startBroker, startConsumer } from "../e2e/http.ts";
import { kafkaForTests, kafkaTool, testWithKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

const TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const LIMITS = { partitions: 3, parkedPartitions: 1, schedulePartitions: 1 };
const MS_MAX = 240_000;

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  readonly end: number;
  readonly lag: number;
}

/** Of `--describe`: GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG …; a partition without a commit has `-`. */
function rowsOf(printed: string, group: string): readonly Row[] {
  const lines = printed.split("\n").map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([name, , , committed]) => name === group && committed !== "-")
    .map(([, topic = "", partition, committed, end, lag]) => ({
      ...{ topic, partition: Number(partition), committed: Number(committed) },
      ...{ end: Number(end), lag: Number(lag) },
    }));
}

const byPlace = (a: { topic: string; partition: number }, b: { topic: string; partition: number }) =>
  a.topic.localeCompare(b.topic) || a.partition - b.partition;

testWithKafka(
  "subscription lag, group describe and kafka-consumer-groups.sh --describe say the same at rest",
  async () => {
    const servers = await kafkaForTests();
    const prefix = `l${randomUUID().slice(0, 8)}-`;
    const settings = settingsFor(servers);
    const broker = await startBroker({}, { storage: { engine: "kafka", settings, prefix, limits: LIMITS } });
    const consumer = await startConsumer();
    await broker.admin("topicCreate", "", { name: "orders" });
    for (const name of ["billing", "search"])
      await broker.admin("subscriptionCreate", "", { name, topic: "orders", endpoint: consumer.url });
    const publish = async (from: number, to: number) => {
      const lines = Array.from({ length: to - from }, (_, at) => `{"payload":${from + at},"key":"k${from + at}"}\n`);
      expect((await broker.publish("orders/batch", lines.join(""))).status).toBe(200);
    };
    await publish(0, 20);
    await consumer.received(40);
    await broker.admin("subscriptionPause", "billing");
    await publish(20, 61);
    await consumer.received(81);

    for (const [name, lag] of [
      ["billing", 41],
      ["search", 0],
    ] as const) {
      await eventually(async () => {
        const told = rowsOf(
          await kafkaTool(TOOL, ["--bootstrap-server", servers.join(","), "--describe", "--group", prefix + name]),
          prefix + name,
        );
        const group = await broker.admin("groupDescribe", prefix + name);
        expect(told.length).toBeGreaterThan(0);
        expect(told.reduce((sum, row) => sum + row.lag, 0)).toBe(lag);
        expect(await broker.admin("subscriptionLag", name)).toMatchObject({ lag });
        expect(group).toMatchObject({ kind: "subscription", subscription: name, lag });
        const rows = (group.partitions ?? []).map(({ topic, partition, committed, end, lag }) => {
          return { topic, partition, committed, end, lag };
        });
        expect(rows.filter(({ committed }) => committed !== null).sort(byPlace)).toEqual([...told].sort(byPlace));
      });
    }
  },
  MS_MAX,
);
