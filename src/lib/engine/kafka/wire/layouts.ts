import { ConfigResourceTypes, ConfigSources, describeConfigsV4, type metadataV12 } from "@platformatic/kafka";
import type { PartitionLayout } from "../../../domain/layout.ts";
import { failureOf } from "./failure.ts";
import { askMetadata } from "./metadata.ts";
import type { Wire } from "./wire.ts";

/** A topic of Kafka with where its partitions lie. */
export interface LaidOut {
  readonly name: string;
  readonly uuid: string;
  /** One of Kafka's own. */
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionLayout[];
}

/** One setting of a topic. */
export interface TopicConfig {
  readonly name: string;
  /** `null`: Kafka does not tell it. */
  readonly value: string | null;
  /** Given to this very topic; else it is the cluster's. */
  readonly isOwn: boolean;
}

/** These topics, or all that the cluster shows us, as it has them now; those that are not there are left out. */
export async function laidOut(wire: Wire, names: readonly string[] | null): Promise<readonly LaidOut[]> {
  if (names?.length === 0) return [];
  const { topics } = await wire.call({ any: true }, (connection) => askMetadata(connection, names));
  return topics.flatMap(({ name, topicId, errorCode, isInternal, partitions }) => {
    if (name === null || name === undefined || errorCode !== 0) return [];
    const placed: PartitionLayout[] = [];
    for (const partition of partitions) placed[partition.partitionIndex] = placementOf(partition);
    return [{ name, uuid: topicId, isInternal, partitions: placed }];
  });
}

type Answered = metadataV12.MetadataResponsePartition;

export function placementOf({
  leaderId,
  replicaNodes,
  isrNodes,
}: Pick<Answered, "leaderId" | "replicaNodes" | "isrNodes">): PartitionLayout {
  return { leader: leaderId < 0 ? null : leaderId, replicas: replicaNodes, inSync: isrNodes };
}

/** All of its settings, or those that are named. */
export async function topicConfigs(
  wire: Wire,
  name: string,
  keys: readonly string[] | null = null,
): Promise<readonly TopicConfig[]> {
  const configurationKeys = keys === null ? null : [...keys];
  const asked = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name, configurationKeys };
  // Its leader, since the wire asks one again that has not heard of a new topic yet.
  const { results } = await wire.call({ leader: { topic: name, partition: 0 } }, (connection) =>
    describeConfigsV4.api.async(connection, [asked], false, false),
  );
  const [result] = results;
  if (result === undefined) throw failureOf(-1, "Kafka did not answer for the topic.", `topic "${name}"`);
  return result.configs.map((config) => ({
    ...{ name: config.name, value: config.value ?? null },
    isOwn: config.configSource === ConfigSources.TOPIC_CONFIG,
  }));
}
