/** `subscription`: of a subscription. `kbroker`: the broker's own, for its nodes and for what runs once. `native`: of anybody else. */
export const GROUP_KINDS = ["subscription", "kbroker", "native"] as const;
export type GroupKind = (typeof GROUP_KINDS)[number];

/** One that the storage knows. */
export interface GroupEntry {
  /** As the storage calls it. */
  readonly name: string;
  readonly kind: GroupKind;
  /** What its owner owns, such as a subscription's id; `null` of one that is native, and of the nodes. */
  readonly resource: string | null;
  /** The storage's own words, such as `classic` and `Stable`; `null`: whoever coordinates it does not say. */
  readonly type: string | null;
  readonly state: string | null;
  /** The broker of the cluster that coordinates it; `null`: nobody says that it does. */
  readonly coordinator: number | null;
}

export interface GroupList {
  /** Those that the broker may see, ascending by name. */
  readonly groups: readonly GroupEntry[];
  /** Brokers of the cluster that did not say which groups they coordinate. */
  readonly unheard: readonly { readonly broker: number; readonly reason: string }[];
}

export interface GroupMember {
  readonly id: string;
  /** Of a static member: the name that it keeps. */
  readonly instance: string | null;
  readonly client: string;
  readonly host: string;
}

export interface GroupOffset {
  /** As the storage calls it. */
  readonly topic: string;
  readonly partition: number;
  /** `null`: it was given to a member, and nothing is committed. */
  readonly committed: number | null;
  /** `null`: not known. */
  readonly end: number | null;
  /** Of a subscription: how many over the committed offset are settled all the same; `null`: nobody says. */
  readonly settledAbove: number | null;
  /** The id of the member that reads it; `null`: none. */
  readonly member: string | null;
}

export interface ConsumerGroup extends GroupEntry {
  /** `null`: not known. */
  readonly members: readonly GroupMember[] | null;
  /** Ascending by topic and partition; `null`: not known. */
  readonly offsets: readonly GroupOffset[] | null;
}

/** As the storage's own tools count: from the committed offset to the end. `null`: one of the two is not known. */
export function offsetLag({ committed, end }: Pick<GroupOffset, "committed" | "end">): number | null {
  return committed === null || end === null ? null : Math.max(0, end - committed);
}

/** Of all partitions that have a committed offset. `null`: not known. */
export function groupLag({ offsets }: Pick<ConsumerGroup, "offsets">): number | null {
  if (offsets === null) return null;
  let sum = 0;
  for (const offset of offsets) {
    if (offset.committed === null) continue;
    const lag = offsetLag(offset);
    if (lag === null) return null;
    sum += lag;
  }
  return sum;
}
