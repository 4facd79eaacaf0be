import type { Holding, NodeInfo } from "../../../domain/node.ts";
import { ownerAmong } from "../../../domain/rendezvous.ts";
import type { Nodes } from "../../port.ts";
import type { HoldRecord, Holds } from "../fold/holds.ts";
import type { Membership } from "./membership.ts";
import type { Member, Table } from "./table.ts";

/** Who is to own a resource, as the newest table says; `undefined`: nobody, or there is no table yet. */
export function targetOf(membership: Pick<Membership, "table">, resource: string): Member | undefined {
  return ownerAmong(membership.table()?.members.filter(({ isLeaving }) => !isLeaving) ?? [], resource);
}

/** The node that owns it by its own word and that is there; a hold of an earlier life of that node is over. */
export function livingHolder(members: readonly Member[], hold: HoldRecord | undefined): Member | undefined {
  if (hold === undefined || hold.isReleased) return undefined;
  return members.find(({ id, sinceMs }) => id === hold.node && sinceMs <= hold.sinceMs);
}

/** Asked often, and another answer only where the table or a hold has changed: it is worked out once for each of these. */
export function kafkaNodes(membership: Pick<Membership, "table" | "self">, holds: Holds): Nodes {
  let known: Known | undefined;
  holds.watch(() => {
    known = undefined;
  });

  function now(): Known {
    const [self, table] = [membership.self(), membership.table()];
    if (known?.self !== self || known.table !== table) known = { self, table, infos: infosOf(table, self, holds) };
    return known;
  }

  return {
    list: () => Array.from(now().infos.values()),
    ownerOf(resource) {
      const { infos } = now();
      const found = livingHolder(Array.from(infos.keys()), holds.of(resource)) ?? targetOf(membership, resource);
      return found && infos.get(found);
    },
  };
}

interface Known {
  readonly self: Member;
  readonly table: Table | undefined;
  readonly infos: ReadonlyMap<Member, NodeInfo>;
}

function infosOf(table: Table | undefined, self: Member, holds: Holds): ReadonlyMap<Member, NodeInfo> {
  const members = membersOf(table, self);
  const held = new Map<Member, Holding[]>(members.map((member) => [member, []]));
  for (const hold of holds.all()) {
    const holder = livingHolder(members, hold);
    const { resource, epoch, sinceMs } = hold;
    if (holder !== undefined) held.get(holder)?.push({ resource, epoch, sinceMs });
  }
  const infos = Array.from(held, ([member, own]) => {
    const { id, url, roles, sinceMs, run } = member;
    const sorted = own.sort((a, b) => (a.resource < b.resource ? -1 : 1));
    return [member, { id, url, roles, sinceMs, isSelf: run === self.run, holds: sorted }] as const;
  });
  return new Map(infos);
}

/** Ascending by id, this one among them also before the first table. */
function membersOf(table: Table | undefined, self: Member): readonly Member[] {
  const known = table?.members ?? [];
  if (known.some(({ run }) => run === self.run)) return known;
  return [...known, self].sort((a, b) => (a.id < b.id ? -1 : 1));
}
