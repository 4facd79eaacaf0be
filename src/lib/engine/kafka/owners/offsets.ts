import { offsetFetchV9 } from "@platformatic/kafka";
import type { Wire } from "../wire/wire.ts";
import type { Partitions } from "./consumer-protocol.ts";

/** What a group has committed for one partition. */
export interface GroupOffset {
  /** The Kafka topic's name. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Empty where one of Kafka's own tools has set the offset. */
  readonly metadata: string;
}

const ALL_TOPICS = null;
const NO_MEMBER = { memberId: null, memberEpoch: -1 };

/** Everything that the group has committed; of a group that is not there: nothing. */
export async function fetchOffsets(wire: Wire, group: string): Promise<readonly GroupOffset[]> {
  const { groups } = await wire.call(
    { coordinator: group },
    (connection) => offsetFetchV9.api.async(connection, [{ groupId: group, ...NO_MEMBER, topics: ALL_TOPICS }], true),
    { purpose: "commit" },
  );
  return groups.flatMap(({ topics }) =>
    topics.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex: partition, committedOffset, metadata }) => ({
          topic: name,
          partition,
          offset: Number(committedOffset),
          metadata: metadata ?? "",
        })),
    ),
  );
}

export function partitionsOf(offsets: readonly GroupOffset[]): Partitions {
  const partitions = new Map<string, number[]>();
  for (const { topic, partition } of offsets) {
    const known = partitions.get(topic);
    if (known === undefined) partitions.set(topic, [partition]);
    else known.push(partition);
  }
  return partitions;
}
