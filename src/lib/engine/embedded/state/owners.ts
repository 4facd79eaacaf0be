import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import { inTurnByKey } from "../../../domain/in-turn.ts";
import type { Holding } from "../../../domain/node.ts";
import type { OwnerHandler, Owners, Ownership } from "../../port.ts";
import type { StateStore } from "./store.ts";

/** One process owns everything, so that a hold is granted at once. Its epoch is durable before anyone acts under it. */
export interface LocalOwners extends Owners {
  /** What is held now, ascending by resource. */
  holds(): readonly Holding[];
}

export function createOwners(store: StateStore, clock: Clock): LocalOwners {
  const held = new Map<string, { readonly ownership: Ownership; readonly sinceMs: number }>();
  /** The epochs under which something is owned or is about to be. */
  const granted = new Map<string, number>();
  const turns = inTurnByKey();
  let handler: OwnerHandler | undefined;
  let isLeaving = false;

  async function acquire(resource: string): Promise<void> {
    if (held.has(resource) || isLeaving) return;
    if (handler === undefined) throw new KBrokerError("internal", `Nobody is there to own "${resource}".`);
    const ownership = { resource, epoch: (store.epochs.get(resource) ?? 0) + 1 };
    await store.commit((write) => write.put(store.epochs, resource, ownership.epoch));
    granted.set(resource, ownership.epoch);
    await handler.acquired(ownership);
    held.set(resource, { ownership, sinceMs: clock.now() });
  }

  async function release(resource: string): Promise<void> {
    const hold = held.get(resource);
    if (hold === undefined) return;
    held.delete(resource);
    granted.delete(resource);
    await handler?.released(hold.ownership);
  }

  const unwant = (resource: string) => turns.run(resource, () => release(resource));

  return {
    handle(given) {
      handler = given;
    },
    want: (resource) => turns.run(resource, () => acquire(resource)),
    unwant,
    confirm({ resource, epoch }) {
      if (granted.get(resource) === epoch) return undefined;
      const message = `The hold ${epoch} on "${resource}" has been superseded.`;
      return Promise.reject(new KBrokerError("epoch_stale", message));
    },
    holds: () =>
      Array.from(held.values(), ({ ownership, sinceMs }) => ({ ...ownership, sinceMs })).sort((a, b) =>
        a.resource < b.resource ? -1 : 1,
      ),
    async leave() {
      isLeaving = true;
      await Promise.all([...new Set([...held.keys(), ...turns.busy()])].map(unwant));
    },
  };
}
