import { setMaxListeners } from "node:events";
import { KBrokerError } from "../../../domain/error.ts";
import type { Shard } from "../../port.ts";
import type { Topics } from "../topics.ts";
import { kafkaFailure } from "../wire/failure.ts";
import { type Fetched, type FetchPlace, fetchOnce } from "../wire/fetch.ts";
import type { Wire } from "../wire/wire.ts";
import { chunkOf } from "./chunk.ts";
import type { Offsets } from "./offsets.ts";
import type { TailCache } from "./tail-cache.ts";

/** How long a broker may hold a poll: a shard that is followed from now on is in the next one. */
const WAIT_MS = 300;
const PARTITION_BYTES_MAX = 1 << 20;
const POLL_BYTES_MAX = 8 << 20;
/** A shard that nobody waits for and nobody reads is polled so long. */
const LINGER_MS = 3_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 2_000;
/** An answer that came at once and brought nothing is not asked for again at once. */
const EMPTY_PAUSE_MS = 20;

interface Waiter {
  readonly after: number;
  readonly wake: (failure?: unknown) => void;
}

interface Followed {
  readonly shard: Shard;
  /** Where the next poll reads. All below it was given to the cache. */
  next: number;
  usedAtMs: number;
  /** Of the leader's poll; `undefined`: it is being looked for, or waits after a failure. */
  node: number | undefined;
  failuresInRow: number;
  readonly waiters: Set<Waiter>;
}

/** The shards whose next record somebody waits for: one long poll a leader for all of them, whose records go to the cache once. */
export interface Tails {
  /** Resolves when there is something at or behind `after`, or when the signal aborts. */
  changed(shard: Shard, after: number, signal: AbortSignal): Promise<void>;
  /** Somebody read at the tail. Where it is followed: behind the newest that the cache has. */
  used(key: string): number | undefined;
  /** Resolves once the cache has everything below `end`, or after a moment. */
  reaches(key: string, end: number): Promise<void>;
  close(): void;
}

export interface TailsOptions {
  readonly wire: Wire;
  readonly topics: Topics;
  readonly offsets: Offsets;
  readonly cache: TailCache;
}

export function shardKey({ topicId, index }: Shard): string {
  return `${index}/${topicId}`;
}

/** Longer than from an acknowledgement to the answer of the poll that is under way. */
const REACH_MS = 50;

export function createTails({ wire, topics, offsets, cache }: TailsOptions): Tails {
  const followed = new Map<string, Followed>();
  const polling = new Set<number>();
  const closing = new AbortController();
  // One a shard that waits after a failure.
  setMaxListeners(0, closing.signal);

  /** Looks for the leader, and lets it be polled. */
  async function assign(each: Followed): Promise<void> {
    try {
      const { leaders } = await topics.ofShard(each.shard);
      const node = leaders[each.shard.index] ?? -1;
      if (node < 0) return await again(each);
      each.node = node;
      if (!polling.has(node)) void poll(node);
    } catch (error) {
      if (error instanceof KBrokerError && error.code === "topic_not_found") return leave(each, error);
      await again(each);
    }
  }

  async function again(each: Followed): Promise<void> {
    each.node = undefined;
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** each.failuresInRow);
    each.failuresInRow += 1;
    await wire.clock.after(pauseMs, closing.signal);
    const isOver = closing.signal.aborted || followed.get(shardKey(each.shard)) !== each;
    if (isOver || isUnused(each)) return leave(each);
    return assign(each);
  }

  function leave(each: Followed, failure?: unknown): void {
    const key = shardKey(each.shard);
    if (followed.get(key) === each) {
      followed.delete(key);
      cache.drop(key);
    }
    for (const { wake } of [...each.waiters]) wake(failure);
  }

  function isUnused({ waiters, usedAtMs }: Followed): boolean {
    return waiters.size === 0 && wire.clock.monotonic() - usedAtMs > LINGER_MS;
  }

  async function poll(node: number): Promise<void> {
    polling.add(node);
    for (;;) {
      const all = Array.from(followed.values()).filter((each) => each.node === node);
      for (const each of all.filter(isUnused)) leave(each);
      const mine = all.filter((each) => followed.get(shardKey(each.shard)) === each);
      if (mine.length === 0 || closing.signal.aborted) break;
      const sinceMs = wire.clock.monotonic();
      const isProgress = await pollOnce(node, mine);
      const wasAtOnce = wire.clock.monotonic() - sinceMs < EMPTY_PAUSE_MS;
      if (!isProgress && wasAtOnce) await wire.clock.after(EMPTY_PAUSE_MS, closing.signal);
    }
    polling.delete(node);
  }

  /** Whether it brought anything. */
  async function pollOnce(node: number, mine: readonly Followed[]): Promise<boolean> {
    const byPlace = new Map<string, Followed>();
    try {
      const places: FetchPlace[] = [];
      for (const each of mine) {
        const { uuid } = await topics.ofShard(each.shard).catch((error: unknown) => failedOne(each, error));
        if (uuid === undefined) continue;
        const partition = each.shard.index;
        byPlace.set(`${uuid}/${partition}`, each);
        places.push({ uuid, partition, from: each.next, bytesMax: PARTITION_BYTES_MAX });
      }
      if (places.length === 0) return false;
      const wishes = { waitMs: WAIT_MS, bytesMax: POLL_BYTES_MAX };
      const options = { purpose: "fetch", deadlineMs: 0, signal: closing.signal } as const;
      const fetched = await wire.call({ node }, (connection) => fetchOnce(connection, places, wishes), options);
      const taken = fetched.map((each) => take(byPlace.get(`${each.uuid}/${each.partition}`), each));
      return taken.includes(true);
    } catch (error) {
      for (const each of mine) failedOne(each, error);
      return false;
    }
  }

  /** It is polled again after a pause, by whoever leads it then. */
  function failedOne(each: Followed, error: unknown): { readonly uuid: undefined } {
    if (each.node === undefined) return { uuid: undefined };
    each.node = undefined;
    const isGone = error instanceof KBrokerError && error.code === "topic_not_found";
    if (isGone) leave(each, error);
    else void forgotten(each).then(() => again(each));
    return { uuid: undefined };
  }

  async function forgotten({ shard }: Followed): Promise<void> {
    const topic = await topics.ofShard(shard).catch(() => undefined);
    if (topic !== undefined) wire.forgetTopic(topic.name);
  }

  function take(each: Followed | undefined, fetched: Fetched): boolean {
    if (each === undefined || followed.get(shardKey(each.shard)) !== each) return false;
    if (fetched.failure?.says("OFFSET_OUT_OF_RANGE") === true) {
      each.node = undefined;
      void moveInside(each);
      return false;
    }
    if (fetched.failure !== undefined) {
      failedOne(each, kafkaFailure(fetched.failure));
      return false;
    }
    each.failuresInRow = 0;
    const key = shardKey(each.shard);
    cache.trim(key, fetched.start);
    if (fetched.next > each.next) {
      cache.add(key, chunkOf(each.shard, each.next, fetched));
      each.next = fetched.next;
      // The next poll begins with those that got nothing.
      followed.delete(key);
      followed.set(key, each);
    } else if (fetched.end <= each.next) return false;
    for (const { after, wake } of [...each.waiters]) if (fetched.end > after || each.next > after) wake();
    return true;
  }

  /** It was trimmed up to behind where it was followed, or lost its end. */
  async function moveInside(each: Followed): Promise<void> {
    try {
      const [start, end] = await Promise.all([offsets.start(each.shard), offsets.end(each.shard)]);
      cache.drop(shardKey(each.shard));
      each.next = Math.max(start, Math.min(each.next, end));
      for (const { after, wake } of [...each.waiters]) if (end > after) wake();
    } catch {
      // Whatever it is is met again below, where it is told apart.
    }
    await again(each);
  }

  function wait(each: Followed, after: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (failure?: unknown) => {
        each.waiters.delete(waiter);
        signal.removeEventListener("abort", stop);
        each.usedAtMs = wire.clock.monotonic();
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const stop = () => wake();
      const waiter: Waiter = { after, wake };
      each.waiters.add(waiter);
      signal.addEventListener("abort", stop);
      if (signal.aborted) wake();
    });
  }

  return {
    async changed(shard, after, signal) {
      await topics.ofShard(shard);
      if (signal.aborted || closing.signal.aborted) return;
      const key = shardKey(shard);
      if (!followed.has(key)) {
        const end = await offsets.end(shard);
        if (end > after) return;
        if (!followed.has(key)) {
          const each = { shard, next: end, usedAtMs: wire.clock.monotonic(), node: undefined, failuresInRow: 0 };
          const made: Followed = { ...each, waiters: new Set() };
          followed.set(key, made);
          void assign(made);
        }
      }
      const each = followed.get(key);
      if (each === undefined || each.next > after || signal.aborted) return;
      await wait(each, after, signal);
    },
    used(key) {
      const each = followed.get(key);
      if (each !== undefined) each.usedAtMs = wire.clock.monotonic();
      return each?.next;
    },
    async reaches(key, end) {
      const each = followed.get(key);
      if (each === undefined || each.next >= end) return;
      const late = new AbortController();
      const inTime = wait(each, end - 1, late.signal).catch(() => undefined);
      await Promise.race([inTime, wire.clock.after(REACH_MS, closing.signal)]);
      late.abort();
    },
    close() {
      closing.abort();
      for (const each of [...followed.values()]) leave(each);
    },
  };
}
