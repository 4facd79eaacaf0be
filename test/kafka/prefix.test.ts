import { randomUUID } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import { openBroker } from "../../src/lib/open-broker.ts";
import { startConsumer } from "../e2e/http.ts";
import { kafkaForTests, kafkaTool, testWithKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

const MS_MAX = 120_000;
const LIMITS = { partitions: 1, parkedPartitions: 1, schedulePartitions: 1 };

/** An installation with the topic and the subscription of those names. */
async function installation(prefix: string, { topic, subscription }: { topic: string; subscription: string }) {
  const settings = settingsFor(await kafkaForTests());
  const broker = await openBroker({
    version: "0.0.0",
    listen: { host: "127.0.0.1", port: 0, insecure: false },
    allowedHosts: [],
    storage: { engine: "kafka", settings, prefix, limits: LIMITS },
    log: { write: () => {}, human: false },
    onFatal: (error) => {
      throw error;
    },
  });
  onTestFinished(() => broker.close());
  const consumer = await startConsumer();
  const post = async (to: string, body: unknown) =>
    (await fetch(`${broker.url}${to}`, { method: "POST", body: JSON.stringify(body) })).status;
  expect(await post("/admin/v1/topics", { name: topic })).toBe(201);
  expect(await post("/admin/v1/subscriptions", { name: subscription, topic, endpoint: consumer.url })).toBe(201);
  return { consumer, publish: (body: unknown) => post(`/publish/${topic}`, body) };
}

testWithKafka(
  "two installations on one cluster have topics and subscriptions of the same names, and nothing outside their prefixes",
  async () => {
    const mark = randomUUID().slice(0, 8);
    const names = { topic: `orders${mark}`, subscription: `billing${mark}` };
    const prefixes = [`one${mark}-`, `two${mark}-`];

    const [one, two] = await Promise.all(prefixes.map((prefix) => installation(prefix, names)));
    await Promise.all([one?.publish("for one"), two?.publish("for two")]);

    expect((await one?.consumer.received(1))?.map(({ body }) => String(body))).toEqual(['"for one"']);
    expect((await two?.consumer.received(1))?.map(({ body }) => String(body))).toEqual(['"for two"']);
    const servers = ["--bootstrap-server", (await kafkaForTests()).join(",")];
    const listed = await Promise.all([
      kafkaTool("org.apache.kafka.tools.TopicCommand", [...servers, "--list"]),
      kafkaTool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", [...servers, "--list"]),
    ]);
    const [topics = [], groups = []] = listed.map((text) => text.split("\n").filter((name) => name.includes(mark)));
    expect([...topics, ...groups].filter((name) => prefixes.every((prefix) => !name.startsWith(prefix)))).toEqual([]);
    for (const prefix of prefixes) {
      expect(topics).toContain(prefix + names.topic);
      expect(topics).toContain(`${prefix}__kbroker_catalog`);
      expect(groups).toContain(prefix + names.subscription);
    }
  },
  MS_MAX,
);
