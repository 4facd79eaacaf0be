import type { Holding, NodeInfo } from "../../../domain/node.ts";
import { ownerAmong } from "../../../domain/rendezvous.ts";
import type { Nodes } from "../../port.ts";
import type { HoldRecord, Holds } from "../fold/holds.ts";
import type { Membership } from "./membership.ts";
import type { Member } from "./table.ts";

/** Who is to own a resource, as the newest table says; `undefined`: nobody, or there is no table yet. */
export function targetOf(membership: Pick<Membership, "table">, resource: string): Member | undefined {
  return ownerAmong(membership.table()?.members.filter(({ isLeaving }) => !isLeaving) ?? [], resource);
}

/** The node that owns it by its own word and that is there; a hold of an earlier life of that node is over. */
export function livingHolder(members: readonly Member[], hold: HoldRecord | undefined): Member | undefined {
  if (hold === undefined || hold.isReleased) return undefined;
  return members.find(({ id, sinceMs }) => id === hold.node && sinceMs <= hold.sinceMs);
}

export function kafkaNodes(membership: Membership, holds: Holds): Nodes {
  function members(): readonly Member[] {
    const self = membership.self();
    const known = membership.table()?.members ?? [];
    if (known.some(({ run }) => run === self.run)) return known;
    return [...known, self].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  function infoOf({ id, url, roles, sinceMs, run }: Member, held: readonly Holding[]): NodeInfo {
    return { id, url, roles, sinceMs, isSelf: run === membership.self().run, holds: held };
  }

  function heldBy(all: readonly Member[]): ReadonlyMap<Member, readonly Holding[]> {
    const held = new Map<Member, Holding[]>(all.map((member) => [member, []]));
    for (const hold of holds.all()) {
      const holder = livingHolder(all, hold);
      if (holder !== undefined)
        held.get(holder)?.push({ resource: hold.resource, epoch: hold.epoch, sinceMs: hold.sinceMs });
    }
    for (const each of held.values()) each.sort((a, b) => (a.resource < b.resource ? -1 : 1));
    return held;
  }

  return {
    list: () => Array.from(heldBy(members()), ([member, held]) => infoOf(member, held)),
    ownerOf(resource) {
      const all = members();
      const found = livingHolder(all, holds.of(resource)) ?? targetOf(membership, resource);
      return found && infoOf(found, heldBy(all).get(found) ?? []);
    },
  };
}
