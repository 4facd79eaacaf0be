import { fileURLToPath } from "node:url";
import { parseBrokers } from "../../../src/lib/domain/kafka-settings.ts";
import { ROLES } from "../../../src/lib/domain/node.ts";
import type { Engine } from "../../../src/lib/engine/port.ts";
import { type EmbeddedStorage, openEngine, type Storage } from "../../../src/lib/open-engine.ts";
import { prefixOf } from "./prefix.cjs";

const PARTITIONS = { partitions: 1, parkedPartitions: 1, schedulePartitions: 1 };

/** Where the brokers of this run's tests keep everything: the project "kafka" of vitest.config.ts says so. */
const isOnKafka = process.env.KBROKER_TEST_ENGINE === "kafka";

export const ENGINE = isOnKafka ? "kafka" : "embedded";

/** What a test's broker is opened on: the directory, or what stands for it on Kafka. */
export function storageOf(storage: EmbeddedStorage): Storage {
  if (!isOnKafka) return storage;
  const brokers = parseBrokers(process.env.TEST_KAFKA_BROKERS ?? "");
  const settings = { brokers, clientId: "kbroker-test", tls: null, sasl: null };
  return { engine: "kafka", settings, prefix: prefixOf(storage.dataDir), limits: PARTITIONS };
}

/** The engine alone, where there is no broker on it. */
export function engineAlone(dataDir: string): Promise<Engine> {
  const storage = storageOf({ dataDir, acceptLoss: false });
  const node = { id: "test", url: null, roles: ROLES };
  const onFatal = (error: Error) => {
    throw error;
  };
  return openEngine({ storage, node, log: () => {}, onFatal });
}

/** The same for the programs that a test starts, whatever starts them. */
export function engineEnv(): Record<string, string> {
  if (!isOnKafka) return {};
  const preload = `--require ${fileURLToPath(new URL("preload.cjs", import.meta.url))}`;
  return { NODE_OPTIONS: preload, DEMO_NODE_OPTIONS: preload };
}
