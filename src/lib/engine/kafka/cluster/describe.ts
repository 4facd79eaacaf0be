import { type Connection, describeQuorumV2 } from "@platformatic/kafka";
import type { BrokerState, ClusterBroker, ClusterState, ClusterTopic } from "../../../domain/cluster.ts";
import { failureOf, KafkaFailure } from "../wire/failure.ts";
import { TOPIC_AUTHORIZATION_FAILED } from "../wire/metadata.ts";
import type { Wire } from "../wire/wire.ts";
import { askAnybody, askOne } from "./ask.ts";
import { askAbilities, askBrokers, type RegisteredBroker } from "./requests.ts";
import { inSyncMins, type Seen, seeTopics } from "./topics.ts";

/** A topic that kbroker works with; `uuid`: of the one that it made, where that is known. */
export interface KnownTopic {
  readonly name: string;
  readonly uuid?: string;
  readonly holds: ClusterTopic["holds"];
}

/** Release by the first level of `metadata.version` that it has, from the oldest that kbroker works with on. */
const RELEASES: readonly (readonly [level: number, release: string])[] = [
  [21, "3.9"],
  [22, "4.0"],
  [26, "4.1"],
  [28, "4.2"],
  [30, "4.3"],
];
/** The last level that belongs to the last of them. */
const LEVEL_MAX = 30;

export async function describeCluster(wire: Wire, known: readonly KnownTopic[]): Promise<ClusterState> {
  const abilities = await askAnybody(wire, askAbilities);
  const [registered, seen, controller] = await Promise.all([
    askAnybody(wire, (connection) => askBrokers(connection, abilities)),
    seeTopics(
      wire,
      known.map(({ name }) => name),
    ),
    controllerOf(wire),
  ]);
  const denied = known.find(({ name, holds }) => holds !== "positions" && seen.denied.has(name));
  if (denied !== undefined) throw failureOf(TOPIC_AUTHORIZATION_FAILED, null, `topic "${denied.name}"`);
  const [brokers, topics] = await Promise.all([
    Promise.all(registered.brokers.map((broker) => brokerOf(wire, broker))),
    topicsOf(wire, known, seen),
  ]);
  return {
    id: registered.clusterId,
    release: releaseOf(abilities.metadataVersion),
    metadataVersion: abilities.metadataVersion,
    controller,
    brokers: withThoseOfReplicas(brokers, topics),
    topics,
  };
}

function releaseOf(level: number | null): string | null {
  if (level === null || level > LEVEL_MAX) return null;
  return RELEASES.findLast(([first]) => level >= first)?.[1] ?? null;
}

/** The leader of the controllers' own log: what other answers call the controller is any broker. Needs a right that kbroker can do without. */
async function controllerOf(wire: Wire): Promise<number | null> {
  const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
  try {
    const ask = (connection: Connection) => describeQuorumV2.api.async(connection, topics);
    // It may be the controller that is silent; whoever is asked meanwhile for something else is not.
    const answer = await askAnybody(wire, ask, { purpose: "admin" });
    const leader = answer.topics[0]?.partitions[0]?.leaderId ?? -1;
    return leader < 0 ? null : leader;
  } catch (error) {
    if (error instanceof KafkaFailure) return null;
    throw error;
  }
}

async function brokerOf(wire: Wire, { id, host, port, rack, isFenced }: RegisteredBroker): Promise<ClusterBroker> {
  const state = isFenced ? "away" : await heard(wire, id);
  return { id, address: `${host.includes(":") ? `[${host}]` : host}:${port}`, rack, state };
}

async function heard(wire: Wire, node: number): Promise<BrokerState> {
  try {
    await askOne(wire, node, askAbilities);
    return "up";
  } catch (error) {
    if (error instanceof KafkaFailure) return "silent";
    throw error;
  }
}

/** An older cluster does not name brokers that are away; the replicas do. */
function withThoseOfReplicas(
  brokers: readonly ClusterBroker[],
  topics: readonly ClusterTopic[],
): readonly ClusterBroker[] {
  const known = new Set(brokers.map(({ id }) => id));
  const named = new Set(topics.flatMap(({ partitions = [] }) => partitions.flatMap(({ replicas }) => replicas)));
  const away = Array.from(named)
    .filter((id) => !known.has(id))
    .map((id) => ({ id, address: null, rack: null, state: "away" as const }));
  return [...brokers, ...away].sort((a, b) => a.id - b.id);
}

async function topicsOf(wire: Wire, known: readonly KnownTopic[], seen: Seen): Promise<readonly ClusterTopic[]> {
  // Whoever may not look at the positions of all groups does not need them.
  const ours = known.filter(({ name, holds }) => !(holds === "positions" && !seen.topics.has(name)));
  const lacking = ours.filter(({ name }) =>
    seen.topics.get(name)?.partitions.some(({ inSync, replicas }) => inSync.length < replicas.length),
  );
  const mins = await inSyncMins(
    wire,
    lacking.map(({ name }) => name),
  );
  return ours
    .map(({ name, uuid, holds }) => {
      const topic = seen.topics.get(name);
      const isOurs = topic !== undefined && (uuid === undefined || topic.uuid === uuid);
      return { name, holds, partitions: isOurs ? topic.partitions : undefined, inSyncMin: mins.get(name) ?? null };
    })
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** Messages first: they are what others wait for. */
function sortKey({ holds, name }: Pick<ClusterTopic, "holds" | "name">): string {
  return `${["messages", "state", "positions"].indexOf(holds)} ${name}`;
}
