import { Admin } from "@platformatic/kafka";
import { expect, onTestFinished } from "vitest";
import { kafkaForTests, testWithKafka } from "./kafka.ts";

testWithKafka("the Kafka of the run answers, and every test file is told the same one", async () => {
  const bootstrap = await kafkaForTests();
  const admin = new Admin({ clientId: "kafka-test", bootstrapBrokers: [...bootstrap], retries: 4 });
  onTestFinished(() => admin.close());

  const { brokers } = await admin.metadata({ topics: [] });

  expect([...brokers.values()].map(({ host, port }) => `${host}:${port}`)).toEqual(bootstrap);
  expect(await kafkaForTests()).toEqual(bootstrap);
});
