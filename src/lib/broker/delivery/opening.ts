import { type Cursor, cursorAt, cutAt, highest, settle } from "../../domain/cursor.ts";
import { isJob, isTopic } from "../../domain/documents.ts";
import type { EndpointReport } from "../../domain/endpoint-report.ts";
import { KBrokerError } from "../../domain/error.ts";
import { isMove, type Replay, UNDO_MS_MAX } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Topic } from "../../domain/topic.ts";
import type { ParkedEntry, Shard, ShardCursor, Source } from "../../engine/port.ts";
import { knownEndpoint } from "./known-endpoint.ts";
import { type MoveDeps, type Standing, type StoredMove, savedCursors, takeMove } from "./moving.ts";

/** What an owner finds when it begins. */
export interface Opened {
  /** Of the topic. */
  readonly ttlMs: number;
  /** The last move. Its job is told that it is done once the owner is there again. */
  readonly move: StoredMove | undefined;
  /** One for each shard of the topic. What is parked counts as settled: the park was durable, the cursor perhaps not yet. */
  readonly cursors: readonly ShardCursor[];
  /** The same for the dead letter topic; none where that is not there. */
  readonly letters: readonly ShardCursor[];
  /** How long a dead letter is kept. */
  readonly letterTtlMs: number;
  /** Without those that a move has suspended. */
  readonly parked: readonly ParkedEntry[];
  readonly suspended: Suspended;
  readonly replays: Replays;
  /** What an earlier owner learned about the endpoint. */
  readonly endpoint: EndpointReport | undefined;
}

/** Parked entries that only wait for an undo. */
export interface Suspended {
  readonly sources: readonly Source[];
  /** Wall time from which nothing can be undone any more. */
  readonly untilMs: number;
}

/** What a rewind made to be pushed again. */
export interface Replays {
  readonly ranges: readonly Replay[];
  /** Where the subscription stood before it. */
  readonly before: readonly ShardCursor[];
  /** At most so many a second; `null`: as fast as anything else. */
  readonly ratePerS: number | null;
}

export type Opening = MoveDeps;

/** A move that was ordered and not made yet is made here, before anything is pushed. */
export async function open(opening: Opening): Promise<Opened> {
  const { subscription } = opening;
  const topic = await topicOf(opening);
  const last = await lastMove(opening);
  const loaded = await opening.engine.cursors.load(subscription.id);
  const parked = await opening.engine.parked.load(opening.ownership);
  const found = await standingIn(opening, topic, { loaded, parked });
  const { standing, job } = await takeMove(opening, { topic, standing: found, job: last });
  const errors = (await opening.engine.catalog.get("topic", subscription.deadLetterTopic))?.value;
  const letters = isTopic(errors) ? await cursorsIn(opening, errors.id, { loaded, parked }) : [];
  return {
    ttlMs: topic.ttlMs,
    move: job,
    cursors: standing.cursors.map((each) => ofGeneration(each, subscription)),
    letters: letters.map((each) => ofGeneration(each, subscription)),
    letterTtlMs: isTopic(errors) ? errors.ttlMs : 0,
    parked: standing.parked.filter(isActive),
    suspended: {
      sources: standing.parked.filter((entry) => !isActive(entry)).map(({ source }) => source),
      untilMs: (subscription.lastMove?.atMs ?? 0) + UNDO_MS_MAX,
    },
    replays: {
      ranges: job?.value.replays ?? [],
      before: job?.value.kind === "rewind" ? savedCursors(job.value, standing) : [],
      ratePerS: job?.value.ratePerS ?? null,
    },
    endpoint: await knownEndpoint(opening),
  };
}

async function topicOf({ engine, subscription }: Opening): Promise<Topic> {
  const topic = (await engine.catalog.get("topic", subscription.topic))?.value;
  if (isTopic(topic) && topic.id === subscription.topicId) return topic;
  throw new KBrokerError(
    "topic_not_found",
    `The topic "${subscription.topic}" of "${subscription.name}" is not there.`,
  );
}

/** The job that brought the subscription to its generation. Without it nobody knows where to: the subscription stays where it is. */
async function lastMove({ engine, observer, subscription }: Opening): Promise<StoredMove | undefined> {
  const { lastMove: last, id, generation, name } = subscription;
  if (last === undefined) return undefined;
  const document = await engine.catalog.get("job", last.job);
  const job = document?.value;
  const isItsJob = isJob(job) && isMove(job) && job.subscriptionId === id && job.generation === generation;
  if (document !== undefined && isItsJob) return { version: document.version, value: job };
  observer.log("error", "The job of the last move is not there.", { subscription: name, job: last.job });
  return undefined;
}

interface Loaded {
  readonly loaded: readonly ShardCursor[];
  readonly parked: readonly ParkedEntry[];
}

async function standingIn(opening: Opening, { id }: Topic, { loaded, parked }: Loaded): Promise<Standing> {
  const cursors = await cursorsIn(opening, id, { loaded, parked });
  const own = loaded.filter(({ shard }) => shard.topicId === id).map(({ cursor }) => cursor.generation);
  // All shards are committed at once. One without a cursor was added after that, or is moved with the others.
  return { cursors, parked, generation: own.length === 0 ? 0 : Math.min(...own) };
}

/** Of the topic's shards. */
async function cursorsIn(
  opening: Opening,
  topicId: string,
  { loaded, parked }: Loaded,
): Promise<readonly ShardCursor[]> {
  const shards = await opening.engine.log.shards(topicId);
  return await Promise.all(
    shards.map(async (shard) => {
      const cursor = await believed(opening, shard, loaded.find((each) => isSame(each.shard, shard))?.cursor);
      const here = parked.filter((entry) => isActive(entry) && isSame(entry.source.shard, shard));
      return { shard, cursor: here.reduce(settleSource, cursor) };
    }),
  );
}

function ofGeneration({ shard, cursor }: ShardCursor, { generation }: Subscription): ShardCursor {
  return { shard, cursor: { ...cursor, generation } };
}

function settleSource(cursor: Cursor, { source: { offset } }: ParkedEntry): Cursor {
  return settle(cursor, { from: offset, to: offset + 1 });
}

/** The committed cursor where it is this subscription's and lies within the log; a shard without one starts at 0. */
async function believed(
  { engine, observer, subscription }: Opening,
  shard: Shard,
  found: Cursor | undefined,
): Promise<Cursor> {
  const { id: subscriptionId } = subscription;
  const { topicId } = shard;
  const identity = { topicId, subscriptionId };
  if (found === undefined) return cursorAt(0, identity);
  if (found.topicId !== topicId || found.subscriptionId !== subscriptionId) {
    observer.log("warn", "A cursor of another topic or subscription is ignored.", { subscription: subscription.name });
    return cursorAt(0, identity);
  }
  const { end } = await engine.log.bounds(shard);
  if (highest(found) > end) {
    const where = { subscription: subscription.name, shard: shard.index, cursor: highest(found), end };
    observer.log("error", "A cursor lies beyond the end of its log; it is set back to the end.", where);
  }
  return cutAt(found, end);
}

function isActive({ suspendedBy }: ParkedEntry): boolean {
  return suspendedBy === undefined;
}

function isSame(a: Shard, b: Shard): boolean {
  return a.topicId === b.topicId && a.index === b.index;
}
