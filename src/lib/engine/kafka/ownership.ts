import type { Clock } from "../../domain/clock.ts";
import type { NodeName } from "../../domain/node.ts";
import type { Report } from "../../domain/report.ts";
import type { Cursors, Nodes, Parked } from "../port.ts";
import type { Holds } from "./fold/holds.ts";
import type { OwnDocuments } from "./fold/own-documents.ts";
import { openMembership } from "./nodes/membership.ts";
import { kafkaNodes } from "./nodes/nodes.ts";
import { type KafkaOwners, openOwners } from "./owners/owners.ts";
import { createCommits, type TopicNames } from "./positions/commit.ts";
import { kafkaCursors } from "./positions/cursors.ts";
import { type Groups, kafkaGroups } from "./positions/groups.ts";
import { kafkaParked } from "./positions/parked.ts";
import { openParkedLog } from "./positions/parked-log.ts";
import type { Producing } from "./producing.ts";
import type { Wire } from "./wire/wire.ts";

export interface OwnershipOptions {
  readonly wire: Wire;
  /** Of wall time. */
  readonly clock: Clock;
  /** How this node calls itself. */
  readonly node: NodeName;
  /** Of the names of all that is kbroker's own in Kafka. */
  readonly prefix: string;
  /** Before the names of subscriptions, which their groups have. */
  readonly groupPrefix: string;
  /** Of the topic of parked entries, where it is not there yet. */
  readonly parkedPartitions: number;
  readonly producing: Producing;
  readonly holds: Holds;
  readonly documents: OwnDocuments;
  readonly names: TopicNames;
  /** The report of a resource that is forgotten. */
  readonly forgetReport: (resource: string) => Promise<void>;
  readonly report: Report;
}

/** Who works on the cluster, who owns what, and where each owner stands. */
export interface Ownership {
  readonly nodes: Nodes;
  /** Its `close` lets go of everything, then leaves the other nodes. */
  readonly owners: KafkaOwners;
  readonly cursors: Cursors;
  readonly parked: Parked;
  readonly groups: Groups;
}

/** Joins the other nodes. What is handed in must be open, and stay so until `owners` is closed. */
export async function openOwnership(options: OwnershipOptions): Promise<Ownership> {
  const { wire, clock, node, prefix, groupPrefix, parkedPartitions, producing } = options;
  const { holds, documents, names, forgetReport, report } = options;
  const now = () => clock.now();
  const groups = kafkaGroups(documents, { prefix, now });
  const topic = `${prefix}_parked`;
  const log = await openParkedLog({ wire, producing, topic, partitions: parkedPartitions, report });
  const membership = openMembership({ wire, clock, group: `${prefix}_nodes`, name: node, report });
  const owners = openOwners({ wire, clock, membership, holds, parked: log, groupOf: groups.of, report });
  const commits = createCommits({ wire, names, report });
  const positions = { groups, groupPrefix, names, commits, parked: log };
  const cursors = kafkaCursors({ wire, owners, ...positions, holds, forgetReport, now });
  return { nodes: kafkaNodes(membership, holds), owners, cursors, parked: kafkaParked(owners, log), groups };
}
