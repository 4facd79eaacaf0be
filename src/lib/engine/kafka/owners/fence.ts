import {
  type Connection,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  offsetCommitV9,
  syncGroupV5,
} from "@platformatic/kafka";
import { kafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";
import { assignmentBytes, type Partitions, subscriptionBytes } from "./consumer-protocol.ts";
import { fetchOffsets, partitionsOf } from "./offsets.ts";

/**
 * The one membership of a resource's consumer group. Whoever takes it fences the one before: from that moment each commit and each heartbeat
 * under the older fence fails, whatever the time is.
 */
export interface Fence {
  readonly group: string;
  readonly memberId: string;
  readonly generation: number;
}

/** The longest session that Kafka allows by default: nobody's death is found out by it, and an idle group keeps its offsets. */
const SESSION_MS = 1_800_000;
const REBALANCE_MS = 10_000;
/** The static member. Whoever joins under this name takes its place. */
const OWNER = "owner";
const TYPE = "consumer";
const PROTOCOL = "kbroker";
const TRIES_MAX = 5;

/** Takes the place of the owner, whoever has it. */
export async function takeFence(wire: Wire, group: string, slot: number): Promise<Fence> {
  const partitions = partitionsOf(await fetchOffsets(wire, group));
  const joining = { purpose: "join", slot } as const;
  let memberId = "";
  for (let attempt = 1; ; attempt += 1) {
    const joined = await wire.call({ coordinator: group }, join(group, memberId, partitions), joining);
    memberId = joined.memberId ?? "";
    const leads = joined.leader === memberId && !joined.skipAssignment;
    const fence = { group, memberId, generation: joined.generationId };
    try {
      await wire.call({ coordinator: group }, sync(fence, leads ? partitions : undefined), joining);
      return fence;
    } catch (error) {
      // The group is asked to join once more: it does, as the member that it is.
      if (!kafkaFailure(error).says("REBALANCE_IN_PROGRESS") || attempt >= TRIES_MAX) throw error;
    }
  }
}

function join(group: string, memberId: string, partitions: Partitions) {
  const protocols = [{ name: PROTOCOL, metadata: subscriptionBytes(partitions) }];
  return (connection: Connection) =>
    joinGroupV9.api.async(connection, group, SESSION_MS, REBALANCE_MS, memberId, OWNER, TYPE, protocols, "acquire");
}

/** Only the first of a group gives itself what there is; its successors find it given. */
function sync({ group, memberId, generation }: Fence, partitions: Partitions | undefined) {
  const given = partitions === undefined ? [] : [{ memberId, assignment: assignmentBytes(partitions) }];
  return (connection: Connection) =>
    syncGroupV5.api.async(connection, group, generation, memberId, OWNER, TYPE, PROTOCOL, given);
}

/** Fails where the fence is another's by now. */
export async function beatFence(wire: Wire, { group, generation, memberId }: Fence): Promise<void> {
  await wire.call(
    { coordinator: group },
    (connection) => heartbeatV4.api.async(connection, group, generation, memberId, OWNER),
    { purpose: "commit" },
  );
}

/** The group has nobody in it then. */
export async function leaveFence(wire: Wire, { group, memberId }: Fence): Promise<void> {
  await wire.call(
    { coordinator: group },
    (connection) =>
      leaveGroupV5.api.async(connection, group, [{ memberId, groupInstanceId: OWNER, reason: "forgotten" }]),
    { purpose: "commit" },
  );
}

/** Whether the call was refused because somebody else has the place by now, or nobody any more. */
export function isFenced(error: unknown): boolean {
  const failure = kafkaFailure(error);
  return failure.says("FENCED_INSTANCE_ID", "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "GROUP_ID_NOT_FOUND");
}

/** Commits as the owner. Fails as `beatFence` does; of those partitions that Kafka refuses, only. */
export async function commitFenced(
  wire: Wire,
  { group, memberId, generation }: Fence,
  topics: offsetCommitV9.OffsetCommitRequestTopic[],
): Promise<void> {
  await wire.call(
    { coordinator: group },
    (connection) => offsetCommitV9.api.async(connection, group, generation, memberId, OWNER, topics),
    { purpose: "commit" },
  );
}
