/** `silent`: the cluster counts on it, this node has no answer of it. `away`: it belongs to the cluster, and is not there. */
export const BROKER_STATES = ["up", "silent", "away"] as const;
export type BrokerState = (typeof BROKER_STATES)[number];

/** A broker of the cluster that the storage is. */
export interface ClusterBroker {
  readonly id: number;
  /** `host:port`; `null`: of one that is away nobody knows it. */
  readonly address: string | null;
  readonly rack: string | null;
  readonly state: BrokerState;
}

export interface ClusterPartition {
  readonly index: number;
  /** The broker that leads it; `null`: none right now. */
  readonly leader: number | null;
  /** Brokers that are to have it, and those of them that have all of it. */
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** A topic of the cluster that the broker works with. */
export interface ClusterTopic {
  /** As the cluster calls it. */
  readonly name: string;
  /** What lies in it: messages of a topic, what the engine keeps for itself, or the committed positions of all groups. */
  readonly holds: "messages" | "state" | "positions";
  /** `undefined`: the cluster has no such topic any more. */
  readonly partitions: readonly ClusterPartition[] | undefined;
  /** With fewer in sync it takes nothing new; `null`: not asked, or not known. */
  readonly inSyncMin: number | null;
}

/** The cluster that the storage is, as it answers now. */
export interface ClusterState {
  readonly id: string;
  /** What it may use of which release, such as "4.3"; `null`: not known, or newer than this program. */
  readonly release: string | null;
  /** Its own number for that. */
  readonly metadataVersion: number | null;
  /** Which node leads the others; `null`: not known, or nobody may say. */
  readonly controller: number | null;
  /** Ascending by id. */
  readonly brokers: readonly ClusterBroker[];
  /** Those of messages first, then by name. */
  readonly topics: readonly ClusterTopic[];
}

/** The worst first. `below-minimum`: too few replicas are in sync to take anything new. */
export const PROBLEM_KINDS = ["missing", "leaderless", "below-minimum", "under-replicated"] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

export interface ClusterProblem {
  readonly kind: ProblemKind;
  /** As the cluster calls it. */
  readonly topic: string;
  /** `null`: all of it. */
  readonly partition: number | null;
  readonly leader: number | null;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** The worst first, then in the order of the topics and their partitions. */
export function problemsOf(topics: readonly ClusterTopic[]): readonly ClusterProblem[] {
  const found = topics.flatMap(({ name, partitions, inSyncMin }): readonly ClusterProblem[] => {
    if (partitions === undefined) return [{ kind: "missing", topic: name, partition: null, ...NOBODY }];
    return partitions.flatMap((partition) => {
      const kind = kindOf(partition, inSyncMin);
      const { index, leader, replicas, inSync } = partition;
      return kind === undefined ? [] : [{ kind, topic: name, partition: index, leader, replicas, inSync }];
    });
  });
  return PROBLEM_KINDS.flatMap((kind) => found.filter((problem) => problem.kind === kind));
}

const NOBODY = { leader: null, replicas: [], inSync: [] };

function kindOf({ leader, replicas, inSync }: ClusterPartition, inSyncMin: number | null): ProblemKind | undefined {
  if (leader === null) return "leaderless";
  if (inSyncMin !== null && inSync.length < inSyncMin) return "below-minimum";
  return inSync.length < replicas.length ? "under-replicated" : undefined;
}

/** Nothing is wrong with any partition, and each broker that the cluster counts on is heard. */
export function isWell({ brokers, topics }: Pick<ClusterState, "brokers" | "topics">): boolean {
  return problemsOf(topics).length === 0 && brokers.every(({ state }) => state !== "silent");
}

export interface BrokerShare {
  /** Partitions that it leads, and those that it is to have a copy of. */
  readonly leads: number;
  readonly replicas: number;
}

/** What each broker has to do with the topics of kbroker; positions of groups are everybody's. */
export function shareOf({ topics }: Pick<ClusterState, "topics">, broker: number): BrokerShare {
  let [leads, copies] = [0, 0];
  for (const { holds, partitions = [] } of topics) {
    if (holds === "positions") continue;
    for (const { leader, replicas } of partitions) {
      if (leader === broker) leads += 1;
      if (replicas.includes(broker)) copies += 1;
    }
  }
  return { leads, replicas: copies };
}
