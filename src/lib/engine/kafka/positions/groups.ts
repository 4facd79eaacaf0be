import type { OwnDocuments } from "../fold/own-documents.ts";

/** The consumer group of each resource. */
export interface Groups {
  of(resource: string): string;
  /** Of each subscription, by the group's name. */
  claims(): ReadonlyMap<string, string>;
  /** Gives a subscription a group of that name. The one that has it is returned: another subscription, where that was first. */
  claim(resource: string, group: string): Promise<GroupClaim>;
  /** Whoever has it has it no more. */
  free(group: string): Promise<void>;
}

export interface GroupClaim {
  readonly subscriptionId: string;
  /** Wall time. */
  readonly atMs: number;
}

/**
 * A subscription's group has the subscription's name: `kafka-group/<group>` says whose it is, so that of two that are made under one name
 * at once only one gets it. Everything else that has an owner has a group that is made of the resource's own name.
 */
export function kafkaGroups(
  documents: Pick<OwnDocuments, "get" | "list" | "claim" | "delete">,
  { prefix, now }: { readonly prefix: string; readonly now: () => number },
): Groups {
  /** What was found, which is looked at again: names may be given to others. */
  const found = new Map<string, string>();

  const claimOf = (value: unknown): GroupClaim | undefined => (isClaim(value) ? value : undefined);
  const has = (group: string, resource: string) =>
    claimOf(documents.get("kafka-group", group))?.subscriptionId === resource;

  function named(resource: string): string | undefined {
    const known = found.get(resource);
    if (known !== undefined && has(known, resource)) return known;
    found.delete(resource);
    for (const [group, value] of documents.list("kafka-group")) {
      const claim = claimOf(value);
      if (claim !== undefined) found.set(claim.subscriptionId, group);
    }
    return found.get(resource);
  }

  return {
    of: (resource) => named(resource) ?? `${prefix}.${resource}`,
    claims() {
      const all = documents
        .list("kafka-group")
        .map(([group, value]) => [group, claimOf(value)?.subscriptionId] as const);
      return new Map(all.flatMap(([group, resource]) => (resource === undefined ? [] : [[group, resource] as const])));
    },
    async claim(resource, group) {
      const mine = { subscriptionId: resource, atMs: now() };
      return claimOf(await documents.claim("kafka-group", group, mine)) ?? mine;
    },
    async free(group) {
      if (claimOf(documents.get("kafka-group", group)) !== undefined) await documents.delete("kafka-group", group);
    },
  };
}

function isClaim(value: unknown): value is GroupClaim {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "subscriptionId") === "string" && typeof Reflect.get(value, "atMs") === "number";
}
