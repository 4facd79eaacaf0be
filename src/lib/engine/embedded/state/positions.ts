import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { Cursors, Ownership, Parked, Reports, Source } from "../../port.ts";
import { BEHIND_ALL_TEXT, type ParkedKey, type StateStore } from "./store.ts";

/** Where subscriptions stand, what they have parked, what their owners report. All change only under the newest hold on the subscription. */
export function createPositions(
  store: StateStore,
  clock: Clock,
): { cursors: Cursors; parked: Parked; reports: Reports } {
  function checkHold({ resource, epoch }: Ownership): void {
    if (store.epochs.get(resource) === epoch) return;
    throw new KBrokerError("epoch_stale", `The hold ${epoch} on "${resource}" has been superseded.`);
  }

  const cursors: Cursors = {
    async init(subscriptionId, start) {
      await store.commit((write) => {
        for (const { shard, cursor } of start)
          write.put(store.cursors, [subscriptionId, shard.topicId, shard.index], cursor);
      });
    },
    async load(subscriptionId) {
      const entries = store.cursors.getRange(of(subscriptionId));
      return [...entries].map(({ key: [, topicId, index], value: cursor }) => ({ shard: { topicId, index }, cursor }));
    },
    async commit(ownership, moved, unpark = []) {
      checkHold(ownership);
      const { resource } = ownership;
      await store.commit((write) => {
        for (const { shard, cursor } of moved) write.put(store.cursors, [resource, shard.topicId, shard.index], cursor);
        for (const source of unpark) write.remove(store.parked, parkedKey(resource, source));
      });
    },
    async forget(subscriptionId) {
      const places = [...store.cursors.getKeys(of(subscriptionId))];
      const entries = [...store.parked.getKeys(of(subscriptionId))];
      await store.commit((write) => {
        for (const key of places) write.remove(store.cursors, key);
        for (const key of entries) write.remove(store.parked, key);
        write.remove(store.reports, subscriptionId);
        write.remove(store.epochs, subscriptionId);
      });
    },
  };

  const parked: Parked = {
    async load({ resource }) {
      return [...store.parked.getRange(of(resource))].map(({ value }) => value);
    },
    async put(ownership, entries) {
      checkHold(ownership);
      const { resource } = ownership;
      await store.commit((write) => {
        for (const entry of entries) write.put(store.parked, parkedKey(resource, entry.source), entry);
      });
    },
  };

  const reports: Reports = {
    async report(ownership, given) {
      checkHold(ownership);
      const { resource, epoch } = ownership;
      const value: unknown = structuredClone(given);
      await store.commit((write) => write.put(store.reports, resource, { value, atMs: clock.now(), epoch }));
    },
    read: async (resource) => store.reports.get(resource),
  };
  return { cursors, parked, reports };
}

function parkedKey(subscriptionId: string, { shard, offset }: Source): ParkedKey {
  return [subscriptionId, shard.topicId, shard.index, offset];
}

/** Every key of one subscription. Topic ids sort behind the empty text and before the other. */
function of(subscriptionId: string): { start: [string, string]; end: [string, string] } {
  return { start: [subscriptionId, ""], end: [subscriptionId, BEHIND_ALL_TEXT] };
}
