import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import { inTurnByKey } from "../../domain/in-turn.ts";
import type { OwnerHandler, Owners } from "../port.ts";
import type { Ears, Held, Node } from "./nodes.ts";
import type { MemoryStorage } from "./storage.ts";

export interface MemoryOwners extends Owners {
  readonly ears: Pick<Ears, "rearrange" | "lose">;
}

/**
 * What is wanted here and is ours, as all nodes say, is ours as soon as nobody else holds it and the handler has taken it. Steps of one
 * resource run one after the other; each looks anew at who is to own it.
 */
export function memoryOwners({ epochs }: MemoryStorage, clock: Clock, { nodes, member }: Node): MemoryOwners {
  const turns = inTurnByKey();
  const wanted = new Set<string>();
  let handler: OwnerHandler | undefined;

  const isOurs = (held: Held | undefined) => held?.member === member;
  const held = () => [...nodes.holds.keys()].filter((resource) => isOurs(nodes.holds.get(resource)));

  async function settle(resource: string): Promise<void> {
    const isToBe = wanted.has(resource) && nodes.isTarget(member, resource);
    if (isToBe) await acquire(resource);
    else await release(resource);
  }

  async function acquire(resource: string): Promise<void> {
    const before = nodes.holds.get(resource);
    // One that holds it tells everybody once it has let go.
    if (before !== undefined && (isOurs(before) || !before.member.isGone)) return;
    if (handler === undefined) throw new KBrokerError("internal", `Nobody is there to own "${resource}".`);
    const ownership = { resource, epoch: (epochs.get(resource) ?? 0) + 1 };
    epochs.set(resource, ownership.epoch);
    const hold = { member, ownership, sinceMs: clock.now() };
    nodes.holds.set(resource, hold);
    if (before !== undefined) nodes.supersede(before);
    try {
      await handler.acquired(ownership);
    } catch (error) {
      end(hold);
      throw error;
    }
  }

  async function release(resource: string): Promise<void> {
    const hold = nodes.holds.get(resource);
    if (hold === undefined || !isOurs(hold)) return;
    try {
      await handler?.released(hold.ownership);
    } finally {
      end(hold);
    }
  }

  function end(hold: Held): void {
    const { resource } = hold.ownership;
    if (nodes.holds.get(resource) !== hold) return;
    nodes.holds.delete(resource);
    for (const ears of nodes.others(member)) ears.rearrange(resource);
  }

  function unwant(resource: string): Promise<void> {
    return turns.run(resource, () => {
      wanted.delete(resource);
      return settle(resource);
    });
  }

  return {
    handle: (given) => {
      handler = given;
    },
    want: (resource) =>
      turns.run(resource, () => {
        wanted.add(resource);
        return settle(resource);
      }),
    unwant,
    confirm({ resource, epoch }) {
      if (nodes.holds.get(resource)?.ownership.epoch === epoch) return undefined;
      const message = `The hold ${epoch} on "${resource}" has been superseded.`;
      return Promise.reject(new KBrokerError("epoch_stale", message));
    },
    async leave() {
      nodes.leave(member);
      await Promise.all([...new Set([...held(), ...turns.busy()])].map(unwant));
    },
    ears: {
      // A handler that fails is asked again when the nodes are others, or it is wanted again.
      rearrange: (resource) =>
        void Promise.allSettled(
          (resource === undefined ? [...new Set([...wanted, ...held()])] : [resource]).map((each) =>
            turns.run(each, () => settle(each)),
          ),
        ),
      lose: (ownership) => handler?.lost(ownership),
    },
  };
}
