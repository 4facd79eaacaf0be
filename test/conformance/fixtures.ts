import { expect } from "vitest";
import { type Cursor, cursorAt } from "../../src/lib/domain/cursor.ts";
import type { Message } from "../../src/lib/domain/message.ts";
import type { Appended, Engine, OwnerHandler, Ownership, ParkedEntry, Shard } from "../../src/lib/engine/port.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { deferred } from "../support/promises.ts";

export const TOPIC = "topic-1";
/** Begins like the other one: an engine that finds things by prefix mixes them up. */
export const OTHER_TOPIC = "topic-10";
export const SUBSCRIPTION = "subscription-1";
export const OTHER_SUBSCRIPTION = "subscription-10";
export const SHARD: Shard = { topicId: TOPIC, index: 0 };
export const OTHER_SHARD: Shard = { topicId: OTHER_TOPIC, index: 0 };
export const ALL = { countMax: 100_000, bytesMax: 100_000_000 };

export function message(id: string, payload = `"${id}"`): Message {
  return { id, attributes: [], payload: new TextEncoder().encode(payload) };
}

/** A new topic with `count` messages, ids `0`, `1`, … */
export async function topicWith(engine: Engine, count: number, topicId = TOPIC): Promise<Shard> {
  await engine.log.createTopic(topicId);
  await engine.log.append(
    topicId,
    Array.from({ length: count }, (_, index) => message(String(index))),
  );
  return { topicId, index: 0 };
}

/** Payloads in hexadecimal: engines may give another kind of byte array. */
export function comparable<T extends Message>(record: T): Omit<T, "payload"> & { readonly payload: string } {
  return { ...record, payload: Buffer.from(record.payload).toString("hex") };
}

export async function everything(engine: Engine, shard = SHARD) {
  const { records } = await engine.log.read(shard, 0, ALL);
  return records.map(comparable);
}

export async function idsIn(engine: Engine, shard = SHARD): Promise<readonly string[]> {
  return (await everything(engine, shard)).map(({ id }) => id);
}

/** The clock's time where records get that, else whatever time it is. */
export function timeNow({ capabilities }: Engine, { now }: ManualClock): unknown {
  return capabilities.recordTime === "clock" ? now() : expect.any(Number);
}

/** Where each record was stored; fails for one that was not. */
export function offsetsOf(results: readonly Appended[]): readonly number[] {
  return results.map((result) => {
    if (result.kind !== "appended") throw new Error(`The record was not appended: ${result.kind}.`);
    return result.offset;
  });
}

export function ownerHandler(handler: Partial<OwnerHandler> = {}): OwnerHandler {
  return { acquired: async () => {}, released: async () => {}, lost: () => {}, ...handler };
}

/** Takes hold of a resource as the only one who wants it. Once per engine: it sets the handler. */
export async function own(engine: Engine, resource = SUBSCRIPTION): Promise<Ownership> {
  const held = deferred<Ownership>();
  engine.owners.handle(ownerHandler({ acquired: async (ownership) => held.resolve(ownership) }));
  await engine.owners.want(resource);
  return held.promise;
}

/** Holds a resource, lets go, holds it again. The first hold is superseded. */
export async function ownTwice(engine: Engine): Promise<{ old: Ownership; current: Ownership }> {
  const old = await own(engine);
  await engine.owners.unwant(SUBSCRIPTION);
  return { old, current: await own(engine) };
}

export function cursor(low: number, changes: Partial<Cursor> = {}): Cursor {
  return { ...cursorAt(low, { topicId: TOPIC, subscriptionId: SUBSCRIPTION }), ...changes };
}

export function entry(offset: number, changes: Partial<ParkedEntry> = {}): ParkedEntry {
  return {
    source: { shard: SHARD, offset },
    publishTimeMs: 1_767_225_500_000,
    generation: 0,
    attempts: 1,
    strikes: 1,
    dueMs: 1_767_225_605_000,
    firstFailureMs: 1_767_225_600_000,
    lastFailureMs: 1_767_225_600_000,
    lastStatus: 500,
    reason: "The consumer answered 500.",
    ...changes,
  };
}

export function byOffset(entries: readonly ParkedEntry[]): readonly ParkedEntry[] {
  return [...entries].sort((a, b) => a.source.offset - b.source.offset);
}
