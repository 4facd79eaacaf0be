import type { Cluster } from "../../port.ts";
import type { OwnDocuments } from "../fold/own-documents.ts";
import type { Groups } from "../positions/groups.ts";
import type { Wire } from "../wire/wire.ts";
import { describeCluster, type KnownTopic } from "./describe.ts";
import { findGroup, listGroups } from "./groups.ts";
import { lookAtGroups } from "./look.ts";

export interface KafkaClusterDeps {
  readonly wire: Wire;
  readonly documents: Pick<OwnDocuments, "list">;
  readonly groups: Pick<Groups, "claims" | "of">;
  /** Of the names of all that is kbroker's own in Kafka. */
  readonly prefix: string;
}

const STATE_TOPICS = ["catalog", "parked", "schedules", "status"];

/** What Kafka says of itself. */
export function kafkaCluster({ wire, documents, groups, prefix }: KafkaClusterDeps): Cluster {
  const deps = { wire, claims: groups.claims, prefix };

  function topics(): readonly KnownTopic[] {
    const messages = documents.list("kafka-topic").flatMap(([, value]) => messageTopic(value) ?? []);
    const state = STATE_TOPICS.map((name) => ({ name: `${prefix}_${name}`, holds: "state" as const }));
    return [...messages, ...state, { name: "__consumer_offsets", holds: "positions" }];
  }

  return {
    describe: () => describeCluster(wire, topics()),
    groups: () => listGroups(deps),
    look: (entries) => lookAtGroups(wire, entries),
    group: (name) => findGroup(deps, name),
    groupOf: groups.of,
  };
}

/** One that is being created has no id yet. */
function messageTopic(value: unknown): KnownTopic | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const [name, uuid]: readonly unknown[] = [Reflect.get(value, "name"), Reflect.get(value, "uuid")];
  return typeof name === "string" && typeof uuid === "string" ? { name, uuid, holds: "messages" } : undefined;
}
