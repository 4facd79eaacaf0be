import type { Topic } from "../domain/topic.ts";
import type { Control } from "./control/control.ts";
import { statusOf } from "./control/owner-status.ts";

type Deps = Pick<Control, "engine" | "view" | "delivery" | "clock" | "node">;

/** What is not needed lies below these offsets, by shard. */
type Floors = ReadonlyMap<number, number>;

/**
 * The first dead letter of each shard that is read by somebody: by a parked message that is redriven, whatever its age, or set aside.
 * `undefined` when that is not known: while a subscription that gives up into the topic has no owner, or none that is
 * believed.
 */
export async function heldLetters(deps: Deps, topic: Topic): Promise<Floors | undefined> {
  const floors = new Map<number, number>();
  for (const { id } of usersOf(deps.view, topic)) {
    const letters = (await statusOf(deps, { id }))?.status.letters;
    if (letters === undefined) return undefined;
    for (const { shard, offset } of letters.heldFrom) lower(floors, shard, offset);
  }
  return floors;
}

/**
 * Gives back what everybody has settled, before its time: after a purge. What somebody holds, or another subscription reads, stays. So does
 * all of it where another node has one of those that have to do with it: what that one has taken a moment ago (durably parked, then settled)
 * is in no report yet, and nothing but its time keeps it.
 */
export async function trimSettledLetters(deps: Deps, topic: Topic): Promise<void> {
  const { engine, view, delivery } = deps;
  const readers = view.subscriptionsOf(topic);
  if ([...usersOf(view, topic), ...readers].some(({ id }) => delivery.status(id) === undefined)) return;
  const shards = await engine.log.shards(topic.id);
  const lows = new Map<number, number>();
  for (const { id } of [...usersOf(view, topic), ...readers]) {
    const committed = await engine.cursors.load(id);
    for (const shard of shards) {
      const found = committed.find((each) => each.shard.topicId === topic.id && each.shard.index === shard.index);
      lower(lows, shard.index, found?.cursor.subscriptionId === id ? found.cursor.low : 0);
    }
  }
  // After the cursors: what one of them has settled since it was parked is among what is held now.
  const held = await heldLetters(deps, topic);
  // What a reader has parked or in flight lies anywhere; its letters go with their time.
  const reading = await Promise.all(readers.map((reader) => statusOf(deps, reader)));
  if (held === undefined || reading.some((told) => told?.status.oldestHeldMs !== null)) return;
  for (const [shard, offset] of held) lower(lows, shard, offset);
  for (const shard of shards) {
    const { start } = await engine.log.bounds(shard);
    const before = lows.get(shard.index) ?? start;
    if (before > start) await engine.log.trim(shard, before);
  }
}

function usersOf(view: Deps["view"], topic: Topic) {
  return view.subscriptions().filter(({ deadLetterTopic }) => deadLetterTopic === topic.name);
}

function lower(floors: Map<number, number>, shard: number, offset: number): void {
  floors.set(shard, Math.min(offset, floors.get(shard) ?? offset));
}
