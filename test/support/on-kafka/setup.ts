import { beforeEach } from "vitest";
import { hasKafka, kafkaForTests } from "../kafka.ts";
import { reasonNotOnKafka } from "./embedded-only.ts";

if (hasKafka) process.env.TEST_KAFKA_BROKERS = (await kafkaForTests()).join(",");

beforeEach(({ task, skip }) => {
  skip(!hasKafka, "There is no Kafka here.");
  const reason = reasonNotOnKafka(task.file.filepath, task.name);
  skip(reason !== undefined, reason);
});
