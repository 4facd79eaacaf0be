import { createTopicsV7, deleteTopicsV6 } from "@platformatic/kafka";
import { KafkaFailure, kafkaFailure } from "./failure.ts";
import type { KafkaTopic } from "./metadata.ts";
import { CALL_DEADLINE_MS, type Wire } from "./wire.ts";

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

const POLL_MS = 50;
/** The cluster's own setting. */
const DEFAULT_REPLICATION = -1;

/** Makes a Kafka topic and waits until each of its partitions has a leader. `exists`: there was one of that name; it is as it was. */
export async function createKafkaTopic(
  wire: Wire,
  { name, partitions, configs }: NewTopic,
): Promise<"created" | "exists"> {
  const topic = {
    name,
    numPartitions: partitions,
    replicationFactor: DEFAULT_REPLICATION,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  };
  try {
    await wire.call({ any: true }, (connection) =>
      createTopicsV7.api.async(connection, [topic], CALL_DEADLINE_MS, false),
    );
  } catch (error) {
    if (!kafkaFailure(error).says("TOPIC_ALREADY_EXISTS")) throw error;
    return "exists";
  }
  await ledTopic(wire, name);
  return "created";
}

/** Deletes it and waits until the cluster knows no topic of that name. One that is not there is fine. */
export async function deleteKafkaTopic(wire: Wire, name: string): Promise<void> {
  try {
    await wire.call({ any: true }, (connection) =>
      deleteTopicsV6.api.async(connection, [{ name, topicId: null }], CALL_DEADLINE_MS),
    );
  } catch (error) {
    if (!kafkaFailure(error).says("UNKNOWN_TOPIC_OR_PARTITION")) throw error;
  }
  await until(wire, async () => {
    wire.forgetTopic(name);
    return (await wire.topic(name)) === undefined;
  });
}

/** The topic, once each of its partitions has a leader. Fails with `engine_unavailable` where that takes too long. */
export async function ledTopic(wire: Wire, name: string): Promise<KafkaTopic> {
  let found: KafkaTopic | undefined;
  await until(wire, async () => {
    wire.forgetTopic(name);
    found = await wire.topic(name);
    return found?.leaders.every((leader) => leader >= 0) === true;
  });
  if (found === undefined) throw notThere(name);
  return found;
}

async function until(wire: Wire, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = wire.clock.monotonic() + CALL_DEADLINE_MS;
  while (!(await isSo())) {
    if (wire.clock.monotonic() >= untilMs) return;
    await wire.clock.after(POLL_MS);
  }
}

function notThere(name: string): KafkaFailure {
  return new KafkaFailure(
    Object.assign(new Error(`The topic "${name}" has no leader yet.`), { apiId: "LEADER_NOT_AVAILABLE" }),
  );
}
