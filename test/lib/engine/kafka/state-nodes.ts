import { type KafkaCatalog, openCatalog } from "../../../../src/lib/engine/kafka/catalog.ts";
import { openStateTopic } from "../../../../src/lib/engine/kafka/fold/state-topic.ts";
import { openStatus, type Status } from "../../../../src/lib/engine/kafka/fold/status.ts";
import { openProducing } from "../../../../src/lib/engine/kafka/produce/open-producing.ts";
import type { Producing } from "../../../../src/lib/engine/kafka/producing.ts";
import { type KafkaSchedules, openSchedules } from "../../../../src/lib/engine/kafka/schedules.ts";
import { createKafkaTopic } from "../../../../src/lib/engine/kafka/wire/topics.ts";
import { openWire, type Wire } from "../../../../src/lib/engine/kafka/wire/wire.ts";
import type { Ownership } from "../../../../src/lib/engine/port.ts";
import { systemClock } from "../../../../src/lib/system-clock.ts";
import { settingsFor } from "../../../support/kafka-nodes.ts";

export interface StateNode {
  readonly wire: Wire;
  readonly producing: Producing;
  /** What the operator was told. */
  readonly told: string[];
  catalog(): Promise<KafkaCatalog>;
  status(): Promise<Status>;
  schedules(confirm?: (ownership: Ownership) => Promise<void>): Promise<KafkaSchedules>;
  /** How many records a topic of state has now. */
  recordsIn(topic: string): Promise<number>;
  close(): Promise<void>;
}

/** What of a node keeps state; each part is opened when it is asked for. */
export function stateNode(servers: readonly string[], prefix: string): StateNode {
  const wire = openWire({ settings: settingsFor(servers), clock: systemClock });
  const producing = openProducing(wire);
  const told: string[] = [];
  const parts: (() => unknown)[] = [];
  const report = (level: string, message: string) => void told.push(`${level}: ${message}`);
  const options = { wire, producing, report, prefix };

  function opened<T extends { close(): unknown }>(part: T): T {
    parts.push(() => part.close());
    return part;
  }

  return {
    wire,
    producing,
    told,
    catalog: async () => opened(await openCatalog(options)),
    status: async () => opened(await openStatus(options)),
    schedules: async (confirm = async () => {}) => opened(await openSchedules({ ...options, partitions: 2, confirm })),
    async recordsIn(name) {
      let count = 0;
      const topic = await openStateTopic({ ...options, name, partitions: 1, slot: 0, apply: () => void count++ });
      await topic.caughtUp();
      topic.close();
      return count;
    },
    async close() {
      for (const part of parts) await part();
      await producing.close();
      await wire.close();
    },
  };
}

/** Compacted as soon as Kafka can. */
export async function createRestlessTopic(wire: Wire, name: string, partitions = 1): Promise<void> {
  const configs = {
    "cleanup.policy": "compact",
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0.0001",
    "delete.retention.ms": "2000",
  };
  await createKafkaTopic(wire, { name, partitions, configs });
}
