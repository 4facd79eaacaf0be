import { KBrokerError } from "../../../domain/error.ts";
import { topicConfigs } from "../wire/layouts.ts";
import type { KafkaTopic } from "../wire/metadata.ts";
import { createKafkaTopic, ledTopic } from "../wire/topics.ts";
import type { Wire } from "../wire/wire.ts";

/**
 * For so long Kafka keeps tombstones: whoever reads from the beginning has that long until the end, and who was cut off for longer does
 * not know what was deleted meanwhile.
 */
export const TOMBSTONES_KEPT_MS = 7 * 24 * 60 * 60_000;

/** What a batch may take: Kafka's own default, whatever the cluster has. */
const MESSAGE_BYTES_MAX = 1_048_588;
/** What is compacted begins an hour, or so many bytes, behind the end: reading it all stays quick. */
const SEGMENT_MS = 60 * 60_000;
const SEGMENT_BYTES = 16 << 20;
/** What was replaced a moment ago can still be read where it lay. */
const COMPACTION_LAG_MS = 60_000;

const CONFIGS = {
  "cleanup.policy": "compact",
  "delete.retention.ms": String(TOMBSTONES_KEPT_MS),
  "min.compaction.lag.ms": String(COMPACTION_LAG_MS),
  "segment.ms": String(SEGMENT_MS),
  "segment.bytes": String(SEGMENT_BYTES),
  "max.message.bytes": String(MESSAGE_BYTES_MAX),
  "unclean.leader.election.enable": "false",
};

/** The topic, made where there is none; that several nodes do so at a time is fine. One that is there keeps its partitions. */
export async function prepareTopic(
  wire: Wire,
  { name, partitions }: { readonly name: string; readonly partitions: number },
): Promise<KafkaTopic> {
  if ((await wire.topic(name)) === undefined) {
    const made = await createKafkaTopic(wire, { name, partitions, configs: CONFIGS });
    if (made === "created") return ledTopic(wire, name);
  }
  const topic = await ledTopic(wire, name);
  await checkCompacted(wire, name);
  return topic;
}

async function checkCompacted(wire: Wire, name: string): Promise<void> {
  const [config] = await topicConfigs(wire, name, ["cleanup.policy"]);
  const policy = config?.value;
  if (policy === "compact") return;
  throw new KBrokerError(
    "engine_failed",
    `The Kafka topic "${name}" has cleanup.policy=${policy ?? ""}: what the nodes keep there would be deleted in time.`,
    {
      hint: `Run: kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config cleanup.policy=compact`,
    },
  );
}

/** Why a topic of state cannot be followed any more. */
export function brokenTopic(name: string, what: string): KBrokerError {
  return new KBrokerError("engine_failed", `The Kafka topic "${name}" ${what}.`, {
    hint: "Restart this node: it then reads the topic from the beginning.",
  });
}
