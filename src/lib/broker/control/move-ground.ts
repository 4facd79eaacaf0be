import { parseDurationMs } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import { parseInstantMs } from "../../domain/instant.ts";
import { isMove, type JobHead, type MoveJob, type ShardOffset } from "../../domain/job.ts";
import { applyMove, type Parked, settleExpired } from "../../domain/move.ts";
import { moveIn } from "../../domain/move-job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Source } from "../../engine/port.ts";
import type { Entries } from "../delivery/delivery.ts";
import { topicNamed } from "../lookup.ts";
import type { Control } from "./control.ts";
import { type JobOrder, jobWithId, newJob } from "./jobs.ts";
import { type Place, placesOf } from "./lag.ts";

/** Where a subscription is when a move is asked for, as its owner has it. Without an owner: as it was last committed. */
export interface Ground {
  readonly subscription: Subscription;
  readonly topic: Topic;
  readonly places: readonly Place[];
  readonly entries: Entries;
  /** The job of the last move, where it is still there. */
  readonly last: MoveJob | undefined;
}

export async function groundOf(control: Control, subscription: Subscription): Promise<Ground> {
  const { topic } = topicNamed(control.view, subscription.topic);
  const cursors = control.delivery.status(subscription.id)?.cursors;
  const entries = control.delivery.entries(subscription.id) ?? { parked: [], suspended: [] };
  const places = await placesOf(control, subscription, cursors);
  const { lastMove } = subscription;
  const last = lastMove === undefined ? undefined : (await jobWithId(control, lastMove.job))?.value;
  return { subscription, topic, places, entries, last: last !== undefined && isMove(last) ? last : undefined };
}

type Wanted = Pick<MoveJob, "kind" | "fromMs" | "toMs" | "targets"> & Partial<MoveJob>;

export function newMove(control: Control, order: JobOrder, wanted: Wanted): MoveJob {
  const head: JobHead = newJob(control, order);
  const generation = order.subscription.generation + 1;
  const nothing = {
    clamped: false,
    undone: null,
    ratePerS: null,
    inherited: [],
    saved: null,
    replays: [],
    messages: null,
  };
  return { ...head, ...nothing, generation, ...wanted };
}

/** How many messages the move means at this moment; counted again, exactly, when it is made. */
export function messagesOf(job: MoveJob, { places, entries }: Ground): number {
  const { generation, undone } = job;
  const counts = places.map(({ shard, start, end, cursor }) => {
    const move = moveIn(job, shard.index);
    if (move === undefined) return 0;
    const isHere = ({ shard: { topicId, index } }: Source) => topicId === shard.topicId && index === shard.index;
    const parked: Parked[] = entries.parked.filter(({ source }) => isHere(source));
    if (undone !== null) {
      const suspendedBy = undone.generation;
      parked.push(...entries.suspended.filter(isHere).map((source) => ({ source, suspendedBy })));
    }
    return applyMove(move, { cursor: settleExpired(cursor, start), parked, start, end, generation }).messages;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The first offset of each shard that was published at or after the time, of what is kept. */
export async function offsetsAt({ engine }: Control, { places }: Ground, timeMs: number): Promise<ShardOffset[]> {
  return Promise.all(
    places.map(async ({ shard, start, end }) => {
      const offset = await engine.log.offsetAt(shard, timeMs);
      return { shard: shard.index, offset: Math.min(end, Math.max(start, offset)) };
    }),
  );
}

/** An RFC 3339 time, or a duration back from now. */
export function momentMs(text: string, nowMs: number): number {
  const durationMs = parseDurationMs(text);
  const timeMs = durationMs === undefined ? parseInstantMs(text) : nowMs - durationMs;
  if (timeMs !== undefined && timeMs >= 0) return timeMs;
  throw new KBrokerError("invalid_request", `${JSON.stringify(text.slice(0, 100))} is no time.`, {
    hint: "Give a time such as 2026-01-31T08:00:00Z, or how long ago, such as 2h.",
  });
}
