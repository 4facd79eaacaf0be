import { randomUUID } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import { createKafkaTopic, deleteKafkaTopic } from "../../src/lib/engine/kafka/wire/topics.ts";
import { openWire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { startBroker } from "../e2e/http.ts";
import { kafkaForTests, testWithKafka } from "../support/kafka.ts";
import { settingsFor } from "../support/kafka-nodes.ts";

const LIMITS = { partitions: 1, parkedPartitions: 1, schedulePartitions: 1 };

testWithKafka(
  "a line that is too large for the Kafka topic is refused alone, and a repeat stores no line twice",
  async () => {
    const settings = settingsFor(await kafkaForTests());
    const prefix = `b${randomUUID().slice(0, 8)}-`;
    const wire = openWire({ settings, clock: systemClock });
    onTestFinished(() => wire.close());
    const name = `${prefix}narrow`;
    await createKafkaTopic(wire, { name, partitions: 2, configs: { "max.message.bytes": "3000" } });
    onTestFinished(() => deleteKafkaTopic(wire, name));
    const broker = await startBroker({}, { storage: { engine: "kafka", settings, prefix, limits: LIMITS } });
    await broker.admin("topicImport", "", { name: "narrow" });
    const isLarge = (line: number) => line % 5 === 0;
    const lines = Array.from({ length: 20 }, (_, index) =>
      JSON.stringify({ id: `m-${index + 1}`, payload: isLarge(index + 1) ? "x".repeat(4_000) : index }),
    );
    const post = async () => {
      const answer = await fetch(`${broker.url}/publish/narrow/batch`, { method: "POST", body: lines.join("\n") });
      const results = (await answer.text()).trim().split("\n");
      return { status: answer.status, results: results.map((each) => JSON.parse(each)) };
    };

    const [first, second] = [await post(), await post()];

    for (const [{ status, results }, duplicate] of [[first, false] as const, [second, true] as const]) {
      expect(status).toBe(200);
      expect(results).toMatchObject(
        lines.map((_, index) => {
          const line = index + 1;
          const hint = expect.stringContaining("max.message.bytes");
          return isLarge(line)
            ? { line, error: { code: "payload_too_large", hint } }
            : { line, id: `m-${line}`, duplicate };
        }),
      );
    }
    expect(await broker.admin("topicDescribe", "narrow")).toMatchObject({ messages: 16 });
  },
);
