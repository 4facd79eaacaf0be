import { type Cursor, cursorAt, unsettledCount } from "../../domain/cursor.ts";
import { drainMs, firstUnsettled, type ShardLag } from "../../domain/lag.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { ShardCursor } from "../../engine/port.ts";
import type { LagView } from "../broker.ts";
import type { DeliveryStatus } from "../delivery/delivery.ts";
import { topicNamed } from "../lookup.ts";
import type { Control } from "./control.ts";
import { type Kept, keptShards } from "./kept.ts";
import { deadCount, standingOf } from "./letters.ts";
import { ownerElsewhere, statusOf } from "./owner-status.ts";
import { publishPerS } from "./publish-rate.ts";

/** One shard: what is kept of it and how far the subscription has come. */
export interface Place extends Kept {
  readonly cursor: Cursor;
}

/**
 * How far a subscription is behind; O(shards) and one message read for its age. What only the owner knows is `null` while there
 * is none: the shards then show what was last committed.
 */
export async function lagOf(control: Control, subscription: Subscription): Promise<LagView> {
  // One look at the owner: cursors and parked messages of the same moment, so that no message is counted twice or not at all.
  const told = await statusOf(control, subscription);
  const status = told?.status;
  const { topic } = topicNamed(control.view, subscription.topic);
  const places = await placesOf(control, subscription, status?.cursors);
  const shards = places.map(shardLag);
  const standing = await standingOf(control, subscription, status);
  return {
    subscription: subscription.name,
    topic: subscription.topic,
    state: subscription.state,
    ...(status === undefined ? UNKNOWN : await known(control, { topic, status, places })),
    scheduled: await control.engine.schedules.count(topic.id),
    deadLetters: standing === undefined ? null : await deadCount(control, subscription, standing),
    setAside: standing?.setAside ?? null,
    asOfMs: control.clock.now(),
    owner: told?.owner ?? ownerElsewhere(control, subscription),
    shards,
  };
}

const UNKNOWN = {
  health: "unknown",
  healthReason: "No owner reports on this subscription.",
  endpoint: null,
  lag: null,
  inFlight: null,
  parked: null,
  nextAttemptMs: null,
  expired: null,
  damaged: null,
  oldestUndelivered: null,
  rates: null,
  drainMs: null,
} as const;

interface Owned {
  readonly topic: Topic;
  readonly status: DeliveryStatus;
  readonly places: readonly Place[];
}

async function known(control: Control, { topic, status, places }: Owned) {
  const { health, healthReason, endpoint, inFlight, parked, nextAttemptMs, ackPerS } = status;
  const lag = sum(places, (place) => shardLag(place).lag) + parked;
  const rates = { publishPerS: await publishPerS(control, topic), ackPerS, windowS: 60 } as const;
  return {
    health,
    healthReason,
    endpoint,
    lag,
    inFlight,
    parked,
    nextAttemptMs,
    expired: sum(places, ({ cursor }) => cursor.expired),
    damaged: sum(places, ({ cursor }) => cursor.damaged),
    oldestUndelivered: lag === 0 ? null : await oldestUndelivered(control, { status, places }),
    rates,
    drainMs: drainMs(lag, rates),
  };
}

function shardLag({ shard, start, end, cursor }: Place): ShardLag {
  return { shard: shard.index, start, low: cursor.low, end, lag: unsettledCount(cursor, { from: start, to: end }) };
}

export async function placesOf(
  control: Control,
  { id, topic }: Subscription,
  owned: readonly ShardCursor[] | undefined,
): Promise<readonly Place[]> {
  const entry = topicNamed(control.view, topic).topic;
  const cursors = owned ?? (await control.engine.cursors.load(id));
  // The ends are read after the cursors: an end is never below what a cursor has settled.
  const kept = await keptShards(control, entry);
  const believed = cursors.filter(({ cursor }) => cursor.topicId === entry.id && cursor.subscriptionId === id);
  const identity = { topicId: entry.id, subscriptionId: id };
  return kept.map((one) => {
    const found = believed.find(({ shard }) => shard.index === one.shard.index);
    return { ...one, cursor: found?.cursor ?? cursorAt(0, identity) };
  });
}

/** The publish time of the oldest message that is parked, in flight, or not read yet. */
async function oldestUndelivered(
  control: Control,
  { status, places }: Pick<Owned, "status" | "places">,
): Promise<LagView["oldestUndelivered"]> {
  const waiting = await Promise.all(
    places.filter((place) => shardLag(place).lag > 0).map((place) => firstUnsettledTime(control, place)),
  );
  const times = [status.oldestHeldMs, status.oldestRedrivenMs ?? null, ...waiting].filter((timeMs) => timeMs !== null);
  if (times.length === 0) return null;
  const publishTimeMs = Math.min(...times);
  return { publishTimeMs, ageMs: Math.max(0, control.clock.now() - publishTimeMs) };
}

/** `null` when what is unsettled there is damaged. A hole makes the next message answer for it. */
async function firstUnsettledTime({ engine }: Control, { shard, start, cursor }: Place): Promise<number | null> {
  const { records } = await engine.log.read(shard, firstUnsettled(cursor, start), { countMax: 1, bytesMax: 1 });
  return records[0]?.timeMs ?? null;
}

function sum<T>(values: readonly T[], count: (value: T) => number): number {
  return values.reduce((total, value) => total + count(value), 0);
}
