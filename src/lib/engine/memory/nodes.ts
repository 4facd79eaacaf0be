import { type InTurnByKey, inTurnByKey } from "../../domain/in-turn.ts";
import type { NodeInfo, NodeName } from "../../domain/node.ts";
import { ownerAmong } from "../../domain/rendezvous.ts";
import type { CatalogChange, CatalogDocument, Nodes, Ownership } from "../port.ts";

/** One engine among those that are open over a storage. */
export interface Member {
  readonly name: NodeName;
  /** Wall time. */
  readonly sinceMs: number;
  /** Vanished without a word: whoever comes after it waits for nothing. */
  isGone: boolean;
  /** Hears of nobody's changes until it asks. */
  isHeldBack: boolean;
}

/** An engine's place among the others. */
export interface Node {
  readonly nodes: MemoryNodes;
  readonly member: Member;
}

/** What an engine is told by the others. */
export interface Ears {
  hear(told: Told): void;
  /** Those of its pending changes that are held back are heard. */
  flush(): void;
  /** The nodes are others now; or, of one resource, its owner has let go. */
  rearrange(resource?: string): void;
  lose(ownership: Ownership): void;
}

/** A change, with what was there before: a node that has not heard of it still reads that. */
export interface Told {
  readonly change: CatalogChange;
  readonly before: CatalogDocument | undefined;
}

export interface Held {
  readonly member: Member;
  readonly ownership: Ownership;
  readonly sinceMs: number;
}

/** The engines that are open over one storage, and what they are to each other: nothing of it outlives them. */
export interface MemoryNodes {
  /** By resource. */
  readonly holds: Map<string, Held>;
  /** Readers of logs that wait for an append. */
  readonly waiting: Set<() => void>;
  /** Of appends, by topic. */
  readonly turns: () => InTurnByKey;
  /** A node that comes back under its id takes the place of the one that had it: that process is dead. */
  join(member: Member, ears: Ears): void;
  /** Nothing becomes its own any more; what it holds is waited for. */
  leave(member: Member): void;
  others(member: Member): readonly Ears[];
  isTarget(member: Member, resource: string): boolean;
  /** As this member sees it. */
  view(member: Member): Nodes;
  /** Takes a hold for granted no more: its member, which may still run, is told. */
  supersede(held: Held): void;
  /** For tests: the process is gone, as the others see it; what it still does is a zombie's. */
  kill(id: string): void;
  /** For tests: the node hears of no change of others until it asks, or `letGo` is called. */
  holdBack(id: string): { letGo(): void };
}

export function memoryNodes(): MemoryNodes {
  /** Who may own. */
  const table = new Map<Member, Ears>();
  /** Those, too, that have left or vanished. */
  const known = new WeakMap<Member, Ears>();
  const holds = new Map<string, Held>();
  let turns = inTurnByKey();

  const byId = () => [...table.keys()].sort((a, b) => (a.name.id < b.name.id ? -1 : 1));
  const target = (resource: string) =>
    ownerAmong(
      byId().map(({ name }) => name),
      resource,
    );

  function drop(member: Member): void {
    member.isGone = true;
    table.delete(member);
  }

  function rearrangeAll(): void {
    for (const ears of [...table.values()]) ears.rearrange();
  }

  function withId(id: string): Member {
    const found = [...table.keys()].find(({ name }) => name.id === id);
    if (found === undefined) throw new Error(`There is no node "${id}".`);
    return found;
  }

  function infoOf(member: Member, self: Member): NodeInfo {
    const own = [...holds].filter(([, held]) => held.member === member);
    const infos = own.map(([resource, { ownership, sinceMs }]) => ({ resource, epoch: ownership.epoch, sinceMs }));
    return {
      ...member.name,
      sinceMs: member.sinceMs,
      isSelf: member === self,
      holds: infos.sort((a, b) => (a.resource < b.resource ? -1 : 1)),
    };
  }

  return {
    holds,
    waiting: new Set(),
    turns: () => turns,
    join(member, ears) {
      const before = [...table.keys()].find(({ name }) => name.id === member.name.id);
      if (before !== undefined) {
        drop(before);
        for (const [resource, held] of [...holds]) if (held.member === before) holds.delete(resource);
      }
      // What a process that died had under way holds up nobody.
      if (table.size === 0) turns = inTurnByKey();
      table.set(member, ears);
      known.set(member, ears);
      rearrangeAll();
    },
    leave(member) {
      table.delete(member);
      rearrangeAll();
    },
    others: (member) => [...table].filter(([other]) => other !== member).map(([, ears]) => ears),
    isTarget: (member, resource) => table.has(member) && target(resource)?.id === member.name.id,
    view: (self) => ({
      list: () => {
        const all = byId();
        return (all.includes(self) ? all : [...all, self]).map((member) => infoOf(member, self));
      },
      ownerOf(resource) {
        const held = holds.get(resource);
        if (held !== undefined && !held.member.isGone) return infoOf(held.member, self);
        const next = byId().find(({ name }) => name.id === target(resource)?.id);
        return next && infoOf(next, self);
      },
    }),
    supersede: ({ member, ownership }) => known.get(member)?.lose(ownership),
    kill(id) {
      drop(withId(id));
      rearrangeAll();
    },
    holdBack(id) {
      const member = withId(id);
      member.isHeldBack = true;
      return {
        letGo() {
          member.isHeldBack = false;
          known.get(member)?.flush();
        },
      };
    },
  };
}
