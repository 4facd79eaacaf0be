import { ConfigResourceTypes, describeConfigsV4, type metadataV12 } from "@platformatic/kafka";
import type { ClusterPartition } from "../../../domain/cluster.ts";
import { hasList, withErrors } from "../wire/answer.ts";
import { failureOf } from "../wire/failure.ts";
import { placementOf } from "../wire/layouts.ts";
import { askMetadataOfEach, TOPIC_AUTHORIZATION_FAILED } from "../wire/metadata.ts";
import type { Wire } from "../wire/wire.ts";
import { askAnybody } from "./ask.ts";

/** A topic as the cluster describes it. */
export interface SeenTopic {
  readonly name: string;
  readonly uuid: string;
  /** Ascending by index. */
  readonly partitions: readonly ClusterPartition[];
}

export interface Seen {
  /** The brokers that are there. */
  readonly brokers: readonly number[];
  /** By name; one that is not there, or that the broker may not see, is missing. */
  readonly topics: ReadonlyMap<string, SeenTopic>;
  /** Those that it may not see. */
  readonly denied: ReadonlySet<string>;
}

const UNKNOWN_TOPIC_OR_PARTITION = 3;
/** So many are asked for in one request. */
const NAMES_MAX = 1_000;

export async function seeTopics(wire: Wire, names: readonly string[]): Promise<Seen> {
  const brokers = new Set<number>();
  const topics = new Map<string, SeenTopic>();
  const denied = new Set<string>();
  for (let from = 0; from === 0 || from < names.length; from += NAMES_MAX) {
    const page = names.slice(from, from + NAMES_MAX);
    const answer = await askAnybody(wire, (connection) => askMetadataOfEach(connection, page));
    for (const { nodeId } of answer.brokers) brokers.add(nodeId);
    for (const topic of answer.topics) {
      const { name, errorCode } = topic;
      if (typeof name !== "string" || errorCode === UNKNOWN_TOPIC_OR_PARTITION) continue;
      if (errorCode === TOPIC_AUTHORIZATION_FAILED) denied.add(name);
      else if (errorCode !== 0) throw failureOf(errorCode, null, `topic "${name}"`);
      else topics.set(name, seenTopic(name, topic));
    }
  }
  return { brokers: Array.from(brokers).sort((a, b) => a - b), topics, denied };
}

function seenTopic(name: string, { topicId, partitions }: metadataV12.MetadataResponseTopic): SeenTopic {
  const seen = partitions.map((partition) => ({ index: partition.partitionIndex, ...placementOf(partition) }));
  return { name, uuid: topicId, partitions: seen.sort((a, b) => a.index - b.index) };
}

const IN_SYNC_MIN = "min.insync.replicas";

/** With how many replicas in sync each of them takes something new, as far as that may be known. */
export async function inSyncMins(wire: Wire, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const asked = names.slice(0, NAMES_MAX).map((resourceName) => ({
    ...{ resourceType: ConfigResourceTypes.TOPIC, resourceName, configurationKeys: [IN_SYNC_MIN] },
  }));
  const { results } = await askAnybody(wire, (connection) =>
    withErrors(
      describeConfigsV4.api.async(connection, asked, false, false),
      (response): response is describeConfigsV4.DescribeConfigsResponse => hasList(response, "results"),
    ),
  );
  return new Map(
    results.flatMap(({ resourceName, configs }) => {
      const value = Number(configs.find(({ name }) => name === IN_SYNC_MIN)?.value ?? "");
      return value > 0 ? [[resourceName, value] as const] : [];
    }),
  );
}
