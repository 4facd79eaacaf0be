import { type Cursor, cursorAt, cutAt, highest, settle } from "../../domain/cursor.ts";
import { isTopic } from "../../domain/documents.ts";
import type { EndpointReport } from "../../domain/endpoint-report.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { Engine, Ownership, ParkedEntry, Shard, ShardCursor } from "../../engine/port.ts";
import type { Observer } from "../observer.ts";
import { knownEndpoint } from "./known-endpoint.ts";

/** What an owner finds when it begins. */
export interface Opened {
  /** Of the topic. */
  readonly ttlMs: number;
  /** One for each shard of the topic. What is parked counts as settled: the park was durable, the cursor perhaps not yet. */
  readonly cursors: readonly ShardCursor[];
  /** The same for the dead letter topic; none where that is not there. */
  readonly letters: readonly ShardCursor[];
  /** How long a dead letter is kept. */
  readonly letterTtlMs: number;
  readonly parked: readonly ParkedEntry[];
  /** What an earlier owner learned about the endpoint. */
  readonly endpoint: EndpointReport | undefined;
}

export interface Opening {
  readonly engine: Engine;
  readonly observer: Observer;
  readonly ownership: Ownership;
  readonly subscription: Subscription;
}

export async function open(opening: Opening): Promise<Opened> {
  const { engine, ownership, subscription } = opening;
  const document = await engine.catalog.get("topic", subscription.topic);
  const topic = document?.value;
  if (!isTopic(topic) || topic.id !== subscription.topicId) {
    throw new KBrokerError(
      "topic_not_found",
      `The topic "${subscription.topic}" of "${subscription.name}" is not there.`,
    );
  }
  const loaded = await engine.cursors.load(subscription.id);
  const parked = await engine.parked.load(ownership);
  const cursors = await cursorsIn(opening, topic.id, { loaded, parked });
  const errors = (await engine.catalog.get("topic", subscription.deadLetterTopic))?.value;
  const letters = isTopic(errors) ? await cursorsIn(opening, errors.id, { loaded, parked }) : [];
  const letterTtlMs = isTopic(errors) ? errors.ttlMs : 0;
  return { ttlMs: topic.ttlMs, cursors, letters, letterTtlMs, parked, endpoint: await knownEndpoint(opening) };
}

/** Of the topic's shards. */
async function cursorsIn(
  opening: Opening,
  topicId: string,
  { loaded, parked }: { readonly loaded: readonly ShardCursor[]; readonly parked: readonly ParkedEntry[] },
): Promise<readonly ShardCursor[]> {
  const shards = await opening.engine.log.shards(topicId);
  return await Promise.all(
    shards.map(async (shard) => {
      const found = loaded.find((each) => isSame(each.shard, shard))?.cursor;
      const cursor = await believed(opening, shard, found);
      const here = parked.filter(({ source }) => isSame(source.shard, shard));
      const settled = here.reduce(
        (sum, { source: { offset } }) => settle(sum, { from: offset, to: offset + 1 }),
        cursor,
      );
      return { shard, cursor: settled };
    }),
  );
}

/** The committed cursor where it is this subscription's and lies within the log; a shard without one starts at 0. */
async function believed(
  { engine, observer, subscription }: Opening,
  shard: Shard,
  found: Cursor | undefined,
): Promise<Cursor> {
  const { id: subscriptionId, generation } = subscription;
  const { topicId } = shard;
  const identity = { topicId, subscriptionId, generation };
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
  return { ...cutAt(found, end), generation };
}

function isSame(a: Shard, b: Shard): boolean {
  return a.topicId === b.topicId && a.index === b.index;
}
