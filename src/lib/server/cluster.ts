import type { ClusterReply } from "../api/cluster.ts";
import type { GroupListReply, GroupReply } from "../api/group.ts";
import type { GroupOwner, GroupPageView } from "../broker/requests/cluster.ts";
import type { ProblemKind } from "../domain/cluster.ts";
import { type ConsumerGroup, type GroupEntry, groupLag, offsetLag } from "../domain/consumer-group.ts";
import type { Some } from "./handler.ts";

/** So many are named; how many there are is a number beside them. */
const PROBLEMS_MAX = 1_000;

export const clusterHandlers: Some<"clusterDescribe" | "groupList" | "groupDescribe"> = {
  clusterDescribe: async ({ broker }): Promise<ClusterReply> => {
    const { isWell, problems, brokers, topics, ownTopics, ...same } = await broker.describeCluster();
    const countOf = (kind: ProblemKind) => problems.filter((problem) => problem.kind === kind).length;
    return {
      ...same,
      well: isWell,
      brokers: brokers.map((each) => ({ ...each })),
      ...{ topics: { ...topics }, ownTopics: { ...ownTopics } },
      counts: {
        ...{ missing: countOf("missing"), leaderless: countOf("leaderless") },
        ...{ belowMinimum: countOf("below-minimum"), underReplicated: countOf("under-replicated") },
      },
      problems: problems.slice(0, PROBLEMS_MAX).map(({ replicas, inSync, ...problem }) => ({
        ...{ ...problem, replicas: [...replicas], inSync: [...inSync] },
      })),
    };
  },
  groupList: async ({ broker, query: { after, ...query } }): Promise<GroupListReply> => {
    const { groups, unheard, ...same } = await broker.listGroups({ ...query, ...(after !== undefined && { after }) });
    return { items: groups.map(listed), ...same, unheard: unheard.map((each) => ({ ...each })) };
  },
  groupDescribe: async ({ broker, name }): Promise<GroupReply> => {
    const group = await broker.describeGroup(name);
    const { offsets } = group;
    return {
      ...entryOf(group),
      lag: groupLag(group),
      members:
        group.members?.map((member) => ({
          ...member,
          partitions: offsets?.filter((offset) => offset.member === member.id).length ?? 0,
        })) ?? null,
      partitions: offsets?.map((offset) => ({ ...offset, lag: offsetLag(offset) })) ?? null,
    };
  },
};

function listed(group: GroupPageView["groups"][number]): GroupListReply["items"][number] {
  const entry = entryOf(group);
  if (!isLookedAt(group)) return { ...entry, lag: null, members: null, partitions: null };
  const { members, offsets } = group;
  return { ...entry, lag: groupLag(group), members: members?.length ?? null, partitions: offsets?.length ?? null };
}

function isLookedAt(group: GroupEntry | ConsumerGroup): group is ConsumerGroup {
  return "offsets" in group;
}

function entryOf({ name, kind, subscription, owner, type, state, coordinator }: GroupEntry & GroupOwner) {
  return { name, kind, subscription, owner, type, state, coordinator };
}
