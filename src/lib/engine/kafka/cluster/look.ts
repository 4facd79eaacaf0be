import { type Connection, describeGroupsV5, offsetFetchV9 } from "@platformatic/kafka";
import type { ConsumerGroup, GroupEntry, GroupMember, GroupOffset } from "../../../domain/consumer-group.ts";
import { settledAboveCount } from "../../../domain/cursor.ts";
import { decodeCursor } from "../../../domain/cursor-codec.ts";
import { groupBy } from "../fold/group-by.ts";
import { assignedIn } from "../owners/consumer-protocol.ts";
import { hasList, withErrors } from "../wire/answer.ts";
import { KafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";
import { askOne } from "./ask.ts";
import { readEnds } from "./ends.ts";
import { askModernGroups, type Given } from "./requests.ts";

/** What one coordinator says of its groups. */
interface Told {
  readonly members: ReadonlyMap<string, readonly SeenMember[]>;
  readonly commits: ReadonlyMap<string, readonly Commit[]>;
}

interface SeenMember extends GroupMember {
  readonly given: readonly Given[];
}

interface Commit extends Given {
  readonly committed: number;
  readonly metadata: string;
}

/** With a few requests a broker. What one of them does not say is not known; nothing else hangs on it. */
export async function lookAtGroups(wire: Wire, groups: readonly GroupEntry[]): Promise<readonly ConsumerGroup[]> {
  const byCoordinator = groupBy(groups, ({ coordinator }) => coordinator);
  const told = new Map<number | null, Told>();
  await Promise.all(
    Array.from(byCoordinator, async ([coordinator, entries]) => {
      if (coordinator !== null) told.set(coordinator, await askCoordinator(wire, coordinator, entries));
    }),
  );
  const looked = groups.map((entry) => {
    const members = told.get(entry.coordinator)?.members.get(entry.name);
    const commits = told.get(entry.coordinator)?.commits.get(entry.name);
    return { entry, members, offsets: commits && placesOf(entry, commits, members ?? []) };
  });
  const ends = await readEnds(
    wire,
    looked.flatMap(({ offsets = [] }) => offsets),
  );
  return looked.map(({ entry, members, offsets }) => ({
    ...entry,
    members: members?.map(({ id, instance, client, host }) => ({ id, instance, client, host })) ?? null,
    offsets: offsets?.map((offset) => ({ ...offset, end: ends(offset) })) ?? null,
  }));
}

async function askCoordinator(wire: Wire, broker: number, entries: readonly GroupEntry[]): Promise<Told> {
  const ofType = (isIt: (type: string | null) => boolean) =>
    entries.filter(({ type }) => isIt(type)).map(({ name }) => name);
  const ask = async <T>(names: readonly string[], act: (connection: Connection) => Promise<ReadonlyMap<string, T>>) =>
    names.length === 0 ? new Map<string, T>() : orNothing(askOne(wire, broker, act));
  const classic = ofType((type) => type === "classic");
  const modern = ofType((type) => type === "consumer");
  // The positions of a share group are none of a consumer group.
  const withOffsets = ofType((type) => type !== "share");
  const [older, newer, commits] = await Promise.all([
    ask(classic, (connection) => classicMembers(connection, classic)),
    ask(modern, (connection) => modernMembers(connection, modern)),
    ask(withOffsets, (connection) => commitsOf(connection, withOffsets)),
  ]);
  return { members: new Map([...older, ...newer]), commits };
}

async function orNothing<T>(asked: Promise<ReadonlyMap<string, T>>): Promise<ReadonlyMap<string, T>> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KafkaFailure) return new Map();
    throw error;
  }
}

async function classicMembers(connection: Connection, names: readonly string[]) {
  const { groups } = await withErrors(
    describeGroupsV5.api.async(connection, Array.from(names), false),
    (response): response is describeGroupsV5.DescribeGroupsResponse => hasList(response, "groups"),
  );
  return new Map(
    groups
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ groupId, protocolType, members }) => [
        groupId,
        members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
          ...{ id: memberId, instance: groupInstanceId ?? null, client: clientId, host: hostOf(clientHost) },
          given: protocolType === "consumer" ? givenIn(memberAssignment) : [],
        })),
      ]),
  );
}

async function modernMembers(connection: Connection, names: readonly string[]) {
  const groups = await askModernGroups(connection, names);
  return new Map(
    groups
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ name, members }) => [name, members.map((member) => ({ ...member, host: hostOf(member.host) }))]),
  );
}

/** Java writes an address behind the name of its host, which is mostly empty. */
function hostOf(text: string): string {
  return text.replace(/^\//, "");
}

function givenIn(assignment: Uint8Array): readonly Given[] {
  return Array.from(assignedIn(assignment), ([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  ).flat();
}

const NO_MEMBER = { memberId: null, memberEpoch: -1, topics: null };
const MAY_CHANGE_YET = false;

async function commitsOf(connection: Connection, names: readonly string[]) {
  const asked = names.map((groupId) => ({ groupId, ...NO_MEMBER }));
  const { groups } = await withErrors(
    offsetFetchV9.api.async(connection, asked, MAY_CHANGE_YET),
    (response): response is offsetFetchV9.OffsetFetchResponse => hasList(response, "groups"),
  );
  return new Map(
    groups
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ groupId, topics }) => [
        groupId,
        topics.flatMap(({ name: topic, partitions }) =>
          partitions
            .filter(({ committedOffset, errorCode }) => errorCode === 0 && committedOffset >= 0n)
            .map(({ partitionIndex: partition, committedOffset, metadata }) => ({
              ...{ topic, partition, committed: Number(committedOffset), metadata: metadata ?? "" },
            })),
        ),
      ]),
  );
}

/** What is committed, and what was given to somebody without that. */
function placesOf(
  { kind }: GroupEntry,
  commits: readonly Commit[],
  members: readonly SeenMember[],
): readonly Omit<GroupOffset, "end">[] {
  const readers = new Map(members.flatMap(({ id, given }) => given.map((place) => [keyOf(place), id] as const)));
  const known = new Set(commits.map(keyOf));
  const committed = commits.map(({ topic, partition, committed: at, metadata }) => ({
    ...{ topic, partition, committed: at },
    settledAbove: kind === "subscription" ? settledAboveIn(metadata, at) : null,
    member: readers.get(keyOf({ topic, partition })) ?? null,
  }));
  const bare = members.flatMap(({ id, given }) =>
    given
      .filter((place) => !known.has(keyOf(place)))
      .map(({ topic, partition }) => ({ topic, partition, committed: null, settledAbove: null, member: id })),
  );
  return [...committed, ...bare].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
}

/** A cursor that one of Kafka's own tools has moved says nothing of what lies above. */
function settledAboveIn(metadata: string, committed: number): number | null {
  const cursor = decodeCursor(metadata);
  return cursor?.low === committed ? settledAboveCount(cursor) : 0;
}

function keyOf({ topic, partition }: Given): string {
  return `${partition}/${topic}`;
}
