import type { BrokerShare, ClusterBroker, ClusterProblem, ClusterState } from "../../domain/cluster.ts";
import type { ConsumerGroup, GroupEntry, GroupList } from "../../domain/consumer-group.ts";

export interface ClusterView extends Omit<ClusterState, "brokers" | "topics"> {
  readonly isWell: boolean;
  readonly brokers: readonly (ClusterBroker & BrokerShare)[];
  /** Of the topics of kbroker, and of those that it keeps for itself. */
  readonly topics: TopicCount;
  readonly ownTopics: TopicCount;
  /** The worst first. */
  readonly problems: readonly ClusterProblem[];
}

export interface TopicCount {
  readonly topics: number;
  readonly partitions: number;
}

export interface GroupPage {
  readonly limit: number;
  /** The name of the last one of the page before. */
  readonly after?: string;
  /** With kbroker's own. */
  readonly all: boolean;
  /** Only which there are: members and positions are not asked for. */
  readonly brief: boolean;
}

/** Whose group it is. */
export interface GroupOwner {
  /** The subscription's name; `null` where it is none's, or of one that is created or deleted at this moment. */
  readonly subscription: string | null;
  /** The node of kbroker that owns it; `null`: none, or it is native. */
  readonly owner: string | null;
}

export interface GroupPageView extends Pick<GroupList, "unheard"> {
  readonly groups: readonly ((GroupEntry | ConsumerGroup) & GroupOwner)[];
  /** Of those that were asked for, whatever the page. */
  readonly total: number;
  readonly next: string | null;
}

export type GroupView = ConsumerGroup & GroupOwner;
