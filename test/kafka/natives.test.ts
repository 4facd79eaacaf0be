import { randomUUID } from "node:crypto";
import { Producer } from "@platformatic/kafka";
import { expect, onTestFinished } from "vitest";
import type { z } from "zod";
import { errorReply } from "../../src/lib/api/error.ts";
import {
  topicCreateReply,
  topicDeleteReply,
  topicDescribeReply,
  topicImportListReply,
  topicUpdateReply,
} from "../../src/lib/api/topic.ts";
import { createKafkaTopic, deleteKafkaTopic } from "../../src/lib/engine/kafka/wire/topics.ts";
import { openWire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { eventually, startBroker, startConsumer } from "../e2e/http.ts";
import { kbroker } from "../e2e/program.ts";
import { kafkaForTests, testWithKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

const MS_MAX = 240_000;
const DAY_MS = 86_400_000;
const LIMITS = { parkedPartitions: 1, schedulePartitions: 1 };

/** A broker on Kafka under a prefix of its own, and what somebody with Kafka's own clients does there. */
async function world({ partitions = 1 }: { readonly partitions?: number } = {}) {
  const servers = [...(await kafkaForTests())];
  const settings = settingsFor(servers);
  const prefix = `n${randomUUID().slice(0, 8)}-`;
  const limits = { ...LIMITS, partitions };
  const broker = await startBroker({}, { storage: { engine: "kafka", settings, prefix, limits } });
  const wire = openWire({ settings, clock: systemClock });
  onTestFinished(() => wire.close());
  const make = async (name: string, configs: Readonly<Record<string, string>> = {}) => {
    await createKafkaTopic(wire, { name: prefix + name, partitions: 1, configs });
    onTestFinished(() => deleteKafkaTopic(wire, prefix + name));
  };
  const producer = new Producer({ clientId: "native", bootstrapBrokers: servers, retries: 4 });
  onTestFinished(() => producer.close());
  const send = (topic: string, { key, value, timeMs, partition = 0 }: Sent) =>
    producer.send({
      messages: [
        {
          ...{ topic: prefix + topic, partition, value: Buffer.from(value) },
          ...(key === undefined ? {} : { key: Buffer.from(key) }),
          ...(timeMs === undefined ? {} : { timestamp: BigInt(timeMs) }),
        },
      ],
    });
  const ids = async (name: string) => {
    wire.forgetTopic(prefix + name);
    return (await wire.topic(prefix + name))?.uuid;
  };
  return { broker, make, send, ids, prefix };
}

interface Sent {
  readonly key?: string | Uint8Array;
  readonly value: string;
  readonly timeMs?: number;
  readonly partition?: number;
}

testWithKafka(
  "what is in a Kafka topic is pushed once it is imported, nothing over its time is, and Kafka keeps it all",
  async () => {
    const { broker, make, send, ids } = await world();
    const consumer = await startConsumer();
    await make("payments");
    const before = await ids("payments");
    const now = Date.now();
    await send("payments", { key: "k1", value: '{"n":1}', timeMs: now - 1_000 });
    await send("payments", { value: '{"n":"late"}', timeMs: now - 3 * DAY_MS });
    await send("payments", { key: Uint8Array.of(0, 255), value: "not JSON", timeMs: now - 2_000 });

    await broker.admin("topicImport", "", { name: "payments", ttl: "2d" });
    const where = { topic: "payments", endpoint: consumer.url, from: "beginning" };
    await broker.admin("subscriptionCreate", "", { name: "billing", ...where });
    await broker.publish("payments", '{"n":2}', { "x-kb-messageid": "m-2" });

    const pushes = await consumer.received(3);
    const seen = pushes.map(({ headers, body, contentType }) => [
      ...[String(body), contentType, headers["x-kb-key"] ?? headers["x-kb-key-base64"]],
      headers["x-kb-publishtime"],
    ]);
    expect(seen.slice(0, 2)).toEqual([
      ['{"n":1}', "application/json", "k1", new Date(now - 1_000).toISOString()],
      ["not JSON", "application/octet-stream", "AP8=", new Date(now - 2_000).toISOString()],
    ]);
    expect(pushes[2]?.headers["x-kb-messageid"]).toBe("m-2");
    await eventually(async () =>
      expect(await broker.admin("subscriptionLag", "billing")).toMatchObject({ lag: 0, expired: 1, damaged: 0 }),
    );
    const query = "?cascade=true";
    const deleted = await fetch(`${broker.url}/admin/v1/topics/payments${query}`, { method: "DELETE" });
    expect(topicDeleteReply.parse(await deleted.json())).toMatchObject({ imported: true, messages: 4 });
    expect(await ids("payments")).toBe(before);
    const again = await broker.admin("topicImport", "", { name: "payments" });
    expect(again).toMatchObject({ messages: 4, layout: { imported: true, partitions: 1 } });
  },
  MS_MAX,
);

testWithKafka(
  "partitions that are added are pushed from, and dead letters lie as safe as their topic, in one partition",
  async () => {
    const { broker, send, prefix } = await world({ partitions: 3 });
    const consumer = await startConsumer();
    const configs = { "min.insync.replicas": "1" };
    await broker.admin("topicCreate", "", { name: "orders", partitions: 1, configs });
    await broker.admin("subscriptionCreate", "", { name: "billing", topic: "orders", endpoint: consumer.url });
    expect((await broker.admin("topicDescribe", "billing_errors")).layout).toMatchObject({
      ...{ kafkaTopic: `${prefix}billing_errors`, imported: false, replicationFactor: 1, configs },
      partitions: 1,
    });

    await broker.admin("topicUpdate", "billing_errors", { partitions: 2 });
    const { changes } = await broker.admin("topicUpdate", "orders", { partitions: 2 });
    await eventually(async () => send("orders", { value: '"from the new one"', partition: 1 }));

    expect(changes).toEqual([{ setting: "partitions", from: "1", to: "2" }]);
    expect((await broker.admin("topicDescribe", "orders")).layout?.partitions).toBe(2);
    expect((await broker.admin("topicDescribe", "billing_errors")).layout?.partitions).toBe(2);
    expect((await consumer.received(1)).map(({ body }) => String(body))).toEqual(['"from the new one"']);
  },
  MS_MAX,
);

testWithKafka(
  "a publish without a key to a compacted topic is refused alone, and the rest of its batch is stored",
  async () => {
    const { broker, make } = await world();
    await make("accounts", { "cleanup.policy": "compact" });
    await broker.admin("topicImport", "", { name: "accounts" });

    const alone = await broker.publish("accounts", "1");
    const batch = '{"payload":1,"key":"a"}\n{"payload":2}\n';
    const answer = await fetch(`${broker.url}/publish/accounts/batch`, { method: "POST", body: batch });

    expect(alone.status).toBe(400);
    expect(errorReply.parse(await alone.json()).error.message).toContain("needs a key");
    const lines = (await answer.text()).trim().split("\n");
    expect(lines.map((line) => Object.hasOwn(JSON.parse(line), "error"))).toEqual([false, true]);
    expect(await broker.admin("topicDescribe", "accounts")).toMatchObject({ messages: 1, layout: { compacted: true } });
  },
  MS_MAX,
);

testWithKafka(
  "topics are created with a layout, shown, given partitions and imported from the command line",
  async () => {
    const { broker, make, prefix } = await world();
    await make("payments");
    const env = { KBROKER_ADMIN_URL: broker.url };
    const json = async <T>(schema: z.ZodType<T>, ...line: readonly string[]) => {
      const { stdout, exit } = await kbroker([...line, "--json"], { env });
      expect(exit, stdout).toBe(0);
      return schema.parse(JSON.parse(stdout));
    };
    const refused = async (...line: readonly string[]) => {
      const { stdout, exit } = await kbroker([...line, "--json"], { env });
      return [JSON.parse(stdout).error.code, exit];
    };
    const layout = { kafkaTopic: `${prefix}orders`, imported: false, compacted: false, replicationFactor: 1 };

    const wish = ["--partitions", "2", "--replication-factor", "1", "--config", "segment.ms=3600000"];
    expect(await json(topicCreateReply, "topic", "create", "orders", ...wish)).toMatchObject({
      layout: { ...layout, partitions: 2 },
    });
    const [partitions, config] = ["--partitions", "--config"];
    expect(await refused("topic", "create", "big", "--replication-factor", "50")).toEqual(["topic_refused", 2]);
    expect(await refused("topic", "create", "big", config, "retention.ms=1")).toEqual(["topic_refused", 2]);
    expect(await refused("topic", "update", "orders", partitions, "3")).toEqual(["not_confirmed", 6]);
    expect(await refused("topic", "update", "orders", partitions, "1", "--yes")).toEqual(["topic_refused", 2]);
    expect(await json(topicUpdateReply, "topic", "update", "orders", partitions, "3", "--yes")).toMatchObject({
      changes: [{ setting: "partitions", from: "2", to: "3" }],
    });
    expect(await json(topicDescribeReply, "topic", "describe", "orders")).toMatchObject({
      layout: { ...layout, partitions: 3, configs: { "segment.ms": "3600000" } },
    });
    const { stdout } = await kbroker(["topic", "describe", "orders", "-o", "wide"], { env });
    expect(stdout).toMatch(/\npartitions +3\nreplicas +1, all in sync\nsegment\.ms +3600000\n/);
    expect(stdout.match(/^ +\d +\d+ +\d+ +\d+$/gm)).toHaveLength(3);

    // On a slow machine nothing is completed rather than late.
    await eventually(async () =>
      expect((await kbroker(["complete", "--", "topic", "import", "p"], { env })).stdout).toBe("payments\n"),
    );
    expect(await json(topicCreateReply, "topic", "import", "payments")).toMatchObject({ layout: { imported: true } });
    expect(await refused("topic", "import", "payments")).toEqual(["topic_exists", 8]);
    expect(await refused("topic", "import", "nothing")).toEqual(["topic_not_found", 7]);
    expect(topicImportListReply.parse(await broker.admin("topicImportList", ""))).toEqual({ items: [] });
    const gone = await kbroker(["topic", "delete", "payments", "--yes"], { env });
    expect(gone.stderr).toContain("Lets go of topic payments; the Kafka topic and its messages stay.");
  },
  MS_MAX,
);
