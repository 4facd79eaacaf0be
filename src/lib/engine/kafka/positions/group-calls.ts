import { deleteGroupsV2, describeGroupsV5, offsetCommitV9 } from "@platformatic/kafka";
import { type KafkaFailure, kafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";

export type CommitTopics = offsetCommitV9.OffsetCommitRequestTopic[];

const NO_GENERATION = -1;

/** Commits to a group that has nobody in it; one that has refuses. */
export async function commitUnowned(wire: Wire, group: string, topics: CommitTopics): Promise<void> {
  await wire.call(
    { coordinator: group },
    (connection) => offsetCommitV9.api.async(connection, group, NO_GENERATION, "", null, topics),
    { purpose: "commit" },
  );
}

/** How many are in it. A group that is not there has none. */
export async function countMembers(wire: Wire, group: string): Promise<number> {
  const { groups } = await wire.call(
    { coordinator: group },
    (connection) => describeGroupsV5.api.async(connection, [group], false),
    { purpose: "commit" },
  );
  return groups.reduce((sum, { members }) => sum + members.length, 0);
}

/** Its offsets go with it. `used`: somebody is in it, and it stays. */
export async function deleteGroup(wire: Wire, group: string): Promise<"gone" | "used"> {
  try {
    await wire.call({ coordinator: group }, (connection) => deleteGroupsV2.api.async(connection, [group]), {
      purpose: "commit",
    });
    return "gone";
  } catch (error) {
    const failure = kafkaFailure(error);
    if (failure.says("GROUP_ID_NOT_FOUND")) return "gone";
    if (failure.says("NON_EMPTY_GROUP")) return "used";
    throw failure;
  }
}

/** Which partitions of a commit were refused, with Kafka's number for why. The others were committed. */
export function refusedIn({ response }: KafkaFailure): readonly Refused[] {
  if (!isAnswer(response)) return [];
  return response.topics.flatMap(({ name: topic, partitions }) =>
    partitions
      .filter(({ errorCode }) => errorCode !== 0)
      .map(({ partitionIndex: partition, errorCode }) => ({ topic, partition, errorCode })),
  );
}

export interface Refused {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

function isAnswer(value: unknown): value is offsetCommitV9.OffsetCommitResponse {
  return typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, "topics"));
}
