import { type ClusterTopic, isWell, problemsOf, shareOf } from "../../domain/cluster.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Cluster, Engine } from "../../engine/port.ts";
import type { ClusterView, TopicCount } from "../requests/cluster.ts";

/** Fails with `no_cluster` where the storage is none. */
export function clusterOf({ cluster, capabilities }: Pick<Engine, "cluster" | "capabilities">): Cluster {
  if (cluster !== null) return cluster;
  throw new KBrokerError(
    "no_cluster",
    `This broker works on no Kafka cluster: its engine is ${capabilities.engine}, and everything lies with itself.`,
    { hint: "kbroker broker status" },
  );
}

export async function describeCluster({ engine }: { readonly engine: Engine }): Promise<ClusterView> {
  const state = await clusterOf(engine).describe();
  const { topics } = state;
  return {
    ...state,
    isWell: isWell(state),
    brokers: state.brokers.map((broker) => ({ ...broker, ...shareOf(state, broker.id) })),
    topics: countOf(topics.filter(({ holds }) => holds === "messages")),
    ownTopics: countOf(topics.filter(({ holds }) => holds === "state")),
    problems: problemsOf(topics),
  };
}

function countOf(topics: readonly ClusterTopic[]): TopicCount {
  return {
    topics: topics.length,
    partitions: topics.reduce((sum, { partitions = [] }) => sum + partitions.length, 0),
  };
}
