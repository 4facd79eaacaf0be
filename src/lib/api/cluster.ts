import { z } from "zod";
import { BROKER_STATES, PROBLEM_KINDS } from "../domain/cluster.ts";
import { count } from "./common.ts";

const topicCount = z.object({ topics: count, partitions: count });
const id = z.number().int();

/** `GET /admin/v1/cluster`: the Kafka cluster that the broker works on, as it answers now. */
export const clusterReply = z.object({
  id: z.string(),
  /** No partition has a problem, and every broker that the cluster counts on answers this node. */
  well: z.boolean(),
  /** The release whose features are in use; `null`: not known. */
  release: z.string().nullable(),
  /** Kafka's own number for that. */
  metadataVersion: count.nullable(),
  /** The controller that is active; `null`: not known, or the broker's user has no right to ask. */
  controller: id.nullable(),
  brokers: z.array(
    z.object({
      id,
      /** `null`: it is away, and nobody says where it was. */
      address: z.string().nullable(),
      rack: z.string().nullable(),
      /** `silent`: the cluster counts on it, and it does not answer this node. `away`: it is not there. */
      state: z.enum(BROKER_STATES),
      /** Partitions of kbroker's topics that it leads, and that it is to have a replica of. */
      leads: count,
      replicas: count,
    }),
  ),
  topics: topicCount,
  /** What kbroker keeps for itself. */
  ownTopics: topicCount,
  /** How many partitions have which problem. */
  counts: z.object({ missing: count, leaderless: count, belowMinimum: count, underReplicated: count }),
  /** The worst first; at most 1,000. */
  problems: z.array(
    z.object({
      kind: z.enum(PROBLEM_KINDS),
      /** As Kafka calls it. */
      topic: z.string(),
      /** `null`: the whole topic. */
      partition: count.nullable(),
      leader: id.nullable(),
      replicas: z.array(id),
      inSync: z.array(id),
    }),
  ),
});

export type ClusterReply = z.output<typeof clusterReply>;
