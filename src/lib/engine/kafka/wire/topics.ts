import { createPartitionsV3, createTopicsV7, deleteTopicsV6 } from "@platformatic/kafka";
import { KafkaFailure, kafkaFailure } from "./failure.ts";
import type { KafkaTopic } from "./metadata.ts";
import { CALL_DEADLINE_MS, type Wire } from "./wire.ts";

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Left out: the cluster's own setting. */
  readonly replicationFactor?: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** A cluster that has nothing else to do is there within milliseconds; the waits double. */
const POLL_MS_MIN = 5;
const POLL_MS_MAX = 100;
/** The cluster's own setting. */
const DEFAULT_REPLICATION = -1;

/**
 * Makes a Kafka topic and waits until each of its partitions has a leader. `exists`: there was one of that name; it is as it was. `perhaps`: there
 * is one, and it may be that this call made it, since an answer was lost. With `isTrial` it is only found out whether Kafka would make it.
 */
export async function createKafkaTopic(
  wire: Wire,
  { name, partitions, replicationFactor = DEFAULT_REPLICATION, configs }: NewTopic,
  { isTrial }: { readonly isTrial: boolean } = { isTrial: false },
): Promise<"created" | "exists" | "perhaps"> {
  const topic = {
    ...{ name, numPartitions: partitions, replicationFactor, assignments: [] },
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  };
  let asked = 0;
  try {
    await wire.call({ any: true }, (connection) => {
      asked += 1;
      return createTopicsV7.api.async(connection, [topic], CALL_DEADLINE_MS, isTrial);
    });
  } catch (error) {
    const failure = about(error, name);
    if (!failure.says("TOPIC_ALREADY_EXISTS")) throw failure;
    return asked > 1 ? "perhaps" : "exists";
  }
  if (!isTrial) await ledTopic(wire, name);
  return "created";
}

/** The topic has so many partitions from now on; with `isTrial` it is only found out whether Kafka would take it. */
export async function setKafkaPartitions(
  wire: Wire,
  { name, count, isTrial }: { readonly name: string; readonly count: number; readonly isTrial: boolean },
): Promise<void> {
  try {
    await wire.call({ any: true }, (connection) =>
      createPartitionsV3.api.async(connection, [{ name, count, assignments: null }], CALL_DEADLINE_MS, isTrial),
    );
  } catch (error) {
    throw about(error, name);
  }
  if (isTrial) return;
  await until(wire, async () => {
    const now = await anew(wire, name);
    return now === undefined || (now.leaders.length >= count && isLed(now));
  });
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
  await until(wire, async () => (await anew(wire, name)) === undefined);
}

/** The topic, once each of its partitions has a leader. Fails with `engine_unavailable` where that takes too long. */
export async function ledTopic(wire: Wire, name: string): Promise<KafkaTopic> {
  let found: KafkaTopic | undefined;
  await until(wire, async () => {
    found = await anew(wire, name);
    return found !== undefined && isLed(found);
  });
  if (found === undefined) throw notThere(name);
  return found;
}

/** As the cluster says now. */
async function anew(wire: Wire, name: string): Promise<KafkaTopic | undefined> {
  wire.forgetTopic(name);
  return wire.topic(name);
}

function isLed({ leaders }: KafkaTopic): boolean {
  return leaders.every((leader) => leader >= 0);
}

async function until(wire: Wire, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = wire.clock.monotonic() + CALL_DEADLINE_MS;
  for (let waitMs = POLL_MS_MIN; !(await isSo()); waitMs = Math.min(POLL_MS_MAX, waitMs * 2)) {
    if (wire.clock.monotonic() >= untilMs) return;
    await wire.clock.after(waitMs);
  }
}

/** Requests to any broker do not say what they are about. */
function about(error: unknown, name: string): KafkaFailure {
  return new KafkaFailure(kafkaFailure(error).cause ?? error, `topic "${name}"`);
}

function notThere(name: string): KafkaFailure {
  return new KafkaFailure(
    Object.assign(new Error(`The topic "${name}" has no leader yet.`), { apiId: "LEADER_NOT_AVAILABLE" }),
  );
}
