import type { Cursor } from "../../../domain/cursor.ts";
import { BEHIND_ALL_TEXT, type PositionKey, type StateStore } from "./store.ts";

/** How far a subscription has been in a topic: it has settled or parked something just before this offset. */
export interface Standing {
  readonly subscriptionId: string;
  readonly topicId: string;
  readonly offset: number;
}

/** Where every subscription stands; for each, its cursor and the last of what it parked are looked at. */
export function standings(store: StateStore): Standing[] {
  return [...store.cursors.getRange()].map(({ key, value: cursor }) => {
    const [subscriptionId, topicId] = key;
    return { subscriptionId, topicId, offset: Math.max(furthest(cursor), parkedEnd(store, key)) };
  });
}

/** The name that the catalog gives to a subscription's id. */
export function subscriptionName(store: StateStore, subscriptionId: string): string {
  return nameIn(store, "subscription", subscriptionId);
}

export function topicName(store: StateStore, topicId: string): string {
  return nameIn(store, "topic", topicId);
}

function nameIn(store: StateStore, kind: "subscription" | "topic", id: string): string {
  for (const { key, value: document } of store.catalog.getRange({ start: [kind, ""], end: [kind, BEHIND_ALL_TEXT] })) {
    const { value } = document;
    if (typeof value === "object" && value !== null && "id" in value && value.id === id) return key[1];
  }
  return id;
}

function furthest({ low, above }: Cursor): number {
  return Math.max(low, above.at(-1)?.to ?? 0);
}

function parkedEnd(store: StateStore, [subscriptionId, topicId, shard]: PositionKey): number {
  const start: [string, string, number, number] = [subscriptionId, topicId, shard, Number.MAX_SAFE_INTEGER];
  const end: [string, string, number, number] = [subscriptionId, topicId, shard, -1];
  const [last] = store.parked.getKeys({ start, end, reverse: true, limit: 1 });
  return last === undefined ? 0 : last[3] + 1;
}
