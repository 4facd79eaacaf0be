import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/lib/domain/clock.ts";
import { createKafkaLog, type KafkaLog } from "../../src/lib/engine/kafka/log.ts";
import { openProducing } from "../../src/lib/engine/kafka/produce/open-producing.ts";
import type { Producing } from "../../src/lib/engine/kafka/producing.ts";
import { openWire, type Wire } from "../../src/lib/engine/kafka/wire/wire.ts";
import { systemClock } from "../../src/lib/system-clock.ts";
import { type SharedState, settingsFor, sharedState } from "./kafka-nodes.ts";

export interface LogUnderTest {
  readonly log: KafkaLog;
  readonly wire: Wire;
  readonly producing: Producing;
  readonly state: SharedState;
  /** Before the names of its topics in Kafka. */
  readonly topicPrefix: string;
}

export interface LogOptions {
  readonly partitions?: number;
  /** Of another one, to be a second node on the same topics. */
  readonly of?: Pick<LogUnderTest, "state" | "topicPrefix">;
  /** Stands between the log and the cluster. */
  readonly through?: (wire: Wire) => Wire;
  readonly clock?: Clock;
}

/** The log of the engine alone, on a real Kafka; closed after the test. */
export async function openLog(servers: readonly string[], options: LogOptions = {}): Promise<LogUnderTest> {
  const { partitions = 1, of, through = (wire) => wire, clock = systemClock } = options;
  const { state, topicPrefix } = of ?? { state: sharedState(), topicPrefix: `t${randomUUID().slice(0, 8)}-` };
  const wire = through(openWire({ settings: settingsFor(servers), clock }));
  const producing = openProducing(wire);
  const log = createKafkaLog({ wire, producing, documents: state.documents, partitions, topicPrefix });
  onTestFinished(async () => {
    log.close();
    await producing.close();
    await wire.close();
  });
  return { log, wire, producing, state, topicPrefix };
}
