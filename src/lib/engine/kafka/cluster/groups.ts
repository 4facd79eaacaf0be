import { findCoordinatorV6, listGroupsV5 } from "@platformatic/kafka";
import type { ConsumerGroup, GroupEntry, GroupKind, GroupList } from "../../../domain/consumer-group.ts";
import { messageOf } from "../../../domain/error.ts";
import { failureOf, KafkaFailure } from "../wire/failure.ts";
import type { Wire } from "../wire/wire.ts";
import { askAnybody, askOne } from "./ask.ts";
import { lookAtGroups } from "./look.ts";
import { seeTopics } from "./topics.ts";

export interface GroupsDeps {
  readonly wire: Wire;
  /** Each subscription's, by the group's name. */
  readonly claims: () => ReadonlyMap<string, string>;
  /** What the names of kbroker's other groups begin with. */
  readonly prefix: string;
}

/** A coordinator that takes over groups of another broker reads them first. */
const LOADING_MS_MAX = 2_000;

/** Each broker knows only the groups that it coordinates, and tells those that may be seen. */
export async function listGroups({ wire, claims, prefix }: GroupsDeps): Promise<GroupList> {
  const { brokers } = await seeTopics(wire, []);
  const owned = claims();
  const groups = new Map<string, GroupEntry>();
  const unheard: { broker: number; reason: string }[] = [];
  const tell = async (broker: number) => {
    try {
      for (const entry of await groupsOf(wire, broker)) groups.set(entry.name, { ...entry, ...whose(entry.name) });
    } catch (error) {
      if (!(error instanceof KafkaFailure)) throw error;
      unheard.push({ broker, reason: messageOf(error) });
    }
  };
  function whose(name: string): Pick<GroupEntry, "kind" | "resource"> {
    return kindOf(name, { claim: owned.get(name), prefix });
  }
  await Promise.all(brokers.map(tell));
  // A subscription has a group; where no broker tells of it, it is its coordinator that is missing.
  for (const name of owned.keys())
    if (!groups.has(name)) groups.set(name, { name, ...whose(name), type: null, state: null, coordinator: null });
  const byName = Array.from(groups.values()).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { groups: byName, unheard: unheard.sort((a, b) => a.broker - b.broker) };
}

type Told = Pick<GroupEntry, "name" | "type" | "state" | "coordinator">;

async function groupsOf(wire: Wire, broker: number): Promise<readonly Told[]> {
  const options = { deadlineMs: LOADING_MS_MAX };
  const { groups } = await askOne(wire, broker, (connection) => listGroupsV5.api.async(connection, [], []), options);
  return groups.map(({ groupId, groupType, groupState }) => ({
    ...{ name: groupId, type: groupType, state: groupState, coordinator: broker },
  }));
}

function kindOf(
  name: string,
  { claim, prefix }: { readonly claim: string | undefined; readonly prefix: string },
): { readonly kind: GroupKind; readonly resource: string | null } {
  if (claim !== undefined) return { kind: "subscription", resource: claim };
  if (!name.startsWith(prefix)) return { kind: "native", resource: null };
  return { kind: "kbroker", resource: name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : null };
}

/** Asks its coordinator alone: other brokers may be away. */
export async function findGroup(deps: GroupsDeps, name: string): Promise<ConsumerGroup | undefined> {
  const { wire, claims, prefix } = deps;
  const found = await askAnybody(wire, (connection) => findCoordinatorV6.api.async(connection, 0, [name]));
  const { nodeId = -1, errorCode = 0 } = found.coordinators[0] ?? {};
  if (errorCode !== 0) throw failureOf(errorCode, null, `group "${name}"`);
  if (nodeId < 0) throw failureOf(COORDINATOR_NOT_AVAILABLE, null, `group "${name}"`);
  const told = (await groupsOf(wire, nodeId)).find((each) => each.name === name);
  if (told === undefined) return undefined;
  const entry = { ...told, ...kindOf(name, { claim: claims().get(name), prefix }) };
  return (await lookAtGroups(wire, [entry]))[0];
}

const COORDINATOR_NOT_AVAILABLE = 15;
