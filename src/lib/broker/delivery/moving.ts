import type { Clock } from "../../domain/clock.ts";
import type { Cursor } from "../../domain/cursor.ts";
import { encodeCursor } from "../../domain/cursor-codec.ts";
import { isJob } from "../../domain/documents.ts";
import { isMove, type MoveJob, type Replay } from "../../domain/job.ts";
import { type After, applyMove, replayOf, settleExpired } from "../../domain/move.ts";
import { moveIn, savedIn, targetIn } from "../../domain/move-job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { Engine, Ownership, ParkedEntry, Shard, ShardCursor } from "../../engine/port.ts";
import type { Observer } from "../observer.ts";

/** Parked entries written in one step. */
const ENTRIES_MAX = 1_000;

export interface MoveDeps {
  readonly engine: Engine;
  readonly observer: Observer;
  readonly clock: Clock;
  /** The time by which messages expire. */
  readonly expiryNow: () => number;
  readonly ownership: Ownership;
  readonly subscription: Subscription;
}

/** Where a subscription is found. */
export interface Standing {
  /** What is parked and not suspended counts as settled in them. */
  readonly cursors: readonly ShardCursor[];
  readonly parked: readonly ParkedEntry[];
  /** The last move that is in the cursors. */
  readonly generation: number;
}

export interface StoredMove {
  readonly version: number;
  readonly value: MoveJob;
}

interface ToMove {
  readonly topic: Topic;
  readonly standing: Standing;
  readonly job: StoredMove | undefined;
}

interface Place {
  readonly shard: Shard;
  readonly cursor: Cursor;
  readonly parked: readonly ParkedEntry[];
  /** What is kept of the shard. */
  readonly start: number;
  readonly end: number;
}

interface Plan {
  readonly place: Place;
  readonly after: After<ParkedEntry>;
}

/**
 * Makes the move that the subscription was ordered, if the cursors do not have it yet. Where it stood is saved in the job, then parked
 * entries are suspended or revived, then the cursors are committed under the new generation. Each step may be done again: from what
 * was saved it comes out the same.
 */
export async function takeMove(deps: MoveDeps, { topic, standing, job }: ToMove) {
  if (standing.generation >= deps.subscription.generation || job === undefined) return { standing, job };
  const places = await Promise.all(standing.cursors.map((each) => placeOf(deps, { topic, standing, ...each })));
  const saved = await save(deps, job, places);
  const plans = places.map((place) => planOf(saved.value, place));
  const parked = await markEntries(deps, plans, standing.parked);
  const cursors = plans.map(({ place: { shard }, after: { cursor } }) => ({ shard, cursor }));
  const drop = plans.flatMap(({ after }) => after.drop.map(({ source }) => source));
  await deps.engine.cursors.commit(deps.ownership, cursors, drop);
  tellExpired(deps, standing, cursors);
  return { standing: { cursors, parked, generation: saved.value.generation }, job: saved };
}

/** Says that the job is done, unless it says so already. */
export async function endMove({ engine, clock, observer }: MoveDeps, id: string): Promise<void> {
  const document = await engine.catalog.get("job", id);
  const job = document?.value;
  if (document === undefined || !isJob(job) || !isMove(job) || job.state !== "running") return;
  const done: MoveJob = { ...job, state: "done", endedAtMs: clock.now() };
  await engine.catalog.put("job", id, done, document.version);
  const { kind, subscription, messages } = job;
  observer.log("info", `The ${kind} is done.`, { subscription, job: id, messages });
}

/** Where it stood before the move. */
export function savedCursors({ saved }: MoveJob, { cursors }: Standing): readonly ShardCursor[] {
  return cursors.flatMap(({ shard }) => {
    const cursor = savedIn(saved, shard.index);
    return cursor === undefined ? [] : [{ shard, cursor }];
  });
}

async function placeOf(
  { engine, expiryNow }: MoveDeps,
  { topic, standing, shard, cursor }: Pick<ToMove, "topic" | "standing"> & ShardCursor,
): Promise<Place> {
  const alive = await engine.log.offsetAt(shard, expiryNow() - topic.ttlMs + 1);
  const { start, end } = await engine.log.bounds(shard);
  const isHere = ({ source }: ParkedEntry) =>
    source.shard.topicId === shard.topicId && source.shard.index === shard.index;
  return { shard, cursor, parked: standing.parked.filter(isHere), start: Math.min(end, Math.max(start, alive)), end };
}

/** Before anything moves: where it stood, and what follows from that. Once there it is never written again. */
async function save({ engine }: MoveDeps, job: StoredMove, places: readonly Place[]): Promise<StoredMove> {
  if (job.value.saved !== null) return job;
  const before = places.map((place) => ({ ...place, cursor: settleExpired(place.cursor, place.start) }));
  const saved = before.map(({ shard, cursor }) => ({ shard: shard.index, cursor: encodeCursor(cursor) }));
  const plans = before.map((place) => planOf({ ...job.value, saved }, place));
  const messages = plans.reduce((sum, { after }) => sum + after.messages, 0);
  const value: MoveJob = { ...job.value, saved, messages, replays: replaysOf(job.value, before) };
  const { version } = await engine.catalog.put("job", value.id, value, job.version);
  return { version, value };
}

function replaysOf(job: MoveJob, places: readonly Place[]): readonly Replay[] {
  if (job.kind !== "rewind") return job.inherited;
  return places.flatMap(({ shard: { index: shard }, cursor }) => {
    const target = targetIn(job, shard);
    const inherited = job.inherited.find((replay) => replay.shard === shard);
    if (target === undefined) return inherited ?? [];
    return replayOf({ cursor, target, inherited }, { job: job.id, shard }) ?? [];
  });
}

function planOf(job: MoveJob, place: Place): Plan {
  const { shard, parked, start, end } = place;
  const { generation } = job;
  const cursor = savedIn(job.saved, shard.index) ?? place.cursor;
  const move = moveIn(job, shard.index);
  if (move !== undefined) return { place, after: applyMove(move, { cursor, parked, start, end, generation }) };
  const nothing = { suspend: [], revive: [], drop: [], messages: 0 };
  return { place, after: { cursor: { ...cursor, generation }, ...nothing } };
}

/** Writes what changes of the entries, and gives all that are left. */
async function markEntries(
  { engine, ownership, subscription: { generation } }: MoveDeps,
  plans: readonly Plan[],
  parked: readonly ParkedEntry[],
): Promise<readonly ParkedEntry[]> {
  const changed = new Map<ParkedEntry, ParkedEntry>();
  for (const { after } of plans) {
    for (const entry of after.suspend) changed.set(entry, { ...entry, suspendedBy: generation });
    for (const entry of after.revive) {
      const { suspendedBy: _, ...rest } = entry;
      changed.set(entry, { ...rest, generation, waitedBefore: true });
    }
  }
  const entries = [...changed.values()];
  for (let at = 0; at < entries.length; at += ENTRIES_MAX) {
    await engine.parked.put(ownership, entries.slice(at, at + ENTRIES_MAX));
  }
  const dropped = new Set(plans.flatMap(({ after }) => after.drop));
  return parked.filter((entry) => !dropped.has(entry)).map((entry) => changed.get(entry) ?? entry);
}

function tellExpired(
  { observer, subscription }: MoveDeps,
  { cursors: before }: Standing,
  after: readonly ShardCursor[],
): void {
  const expired = (cursors: readonly ShardCursor[]) => cursors.reduce((sum, { cursor }) => sum + cursor.expired, 0);
  const count = expired(after) - expired(before);
  if (count > 0) observer.expired(subscription.name, subscription.topic, count);
}
