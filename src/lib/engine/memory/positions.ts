import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Cursors, Ownership, Parked, Reports, Shard, ShardCursor, Source } from "../port.ts";
import type { MemoryStorage } from "./storage.ts";

const shardKey = ({ topicId, index }: Shard) => `${topicId}/${index}`;
const sourceKey = ({ shard, offset }: Source) => `${shardKey(shard)}/${offset}`;

/** Cursors, parked entries and reports; all change only under the newest hold on their subscription. */
export function memoryPositions(
  { cursors, epochs, parked, reports }: MemoryStorage,
  clock: Clock,
): { cursors: Cursors; parked: Parked; reports: Reports } {
  function checkEpoch({ resource, epoch }: Ownership): void {
    if (epochs.get(resource) === epoch) return;
    throw new KBrokerError("epoch_stale", `The hold ${epoch} on "${resource}" has been superseded.`);
  }

  function set(subscriptionId: string, given: readonly ShardCursor[]): void {
    const now = new Map(cursors.get(subscriptionId));
    for (const each of given) now.set(shardKey(each.shard), each);
    cursors.set(subscriptionId, now);
  }

  return {
    cursors: {
      async init(subscriptionId, given) {
        set(subscriptionId, given);
      },
      async load(subscriptionId) {
        return [...(cursors.get(subscriptionId)?.values() ?? [])];
      },
      async commit(ownership, given, unpark = []) {
        checkEpoch(ownership);
        set(ownership.resource, given);
        const left = new Map(parked.get(ownership.resource));
        for (const source of unpark) left.delete(sourceKey(source));
        parked.set(ownership.resource, left);
      },
      async forget(subscriptionId) {
        cursors.delete(subscriptionId);
        parked.delete(subscriptionId);
        reports.delete(subscriptionId);
        epochs.delete(subscriptionId);
      },
    },
    parked: {
      async load({ resource }) {
        return [...(parked.get(resource)?.values() ?? [])];
      },
      async put(ownership, entries) {
        checkEpoch(ownership);
        const now = new Map(parked.get(ownership.resource));
        for (const entry of entries) now.set(sourceKey(entry.source), entry);
        parked.set(ownership.resource, now);
      },
    },
    reports: {
      async report(ownership, value) {
        checkEpoch(ownership);
        const { resource, epoch } = ownership;
        reports.set(resource, { value: structuredClone(value), atMs: clock.now(), epoch });
      },
      async read(resource) {
        return structuredClone(reports.get(resource));
      },
    },
  };
}
