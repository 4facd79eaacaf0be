import { createHash } from "node:crypto";
import type { Clock } from "../../domain/clock.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { Message } from "../../domain/message.ts";
import type { Appended, AppendOptions } from "../port.ts";

/** Of all topics; over it the oldest are forgotten. */
export const REMEMBERED_IDS_MAX = 1_000_000;
/** Of the digest: enough to tell payloads apart, and a number that is cheap to keep. */
const DIGEST_BYTES = 6;

type Stored = Extract<Appended, { readonly kind: "appended" }>;
/** Or why it was not stored. */
type Outcome<T> = T | KBrokerError;

interface Remembered {
  readonly digest: number;
  /** Of the monotonic clock. */
  readonly atMs: number;
  readonly place: Stored;
}

interface UnderWay {
  /** Resolves whatever became of it. */
  readonly ended: Promise<unknown>;
}

/**
 * Recognises an id that comes again at the same node, so that most repeats are not stored at all. What it forgets, or what another node
 * took, is stored and told apart by the owner of each subscription.
 */
export interface Dedupe {
  append(
    topicId: string,
    records: readonly Message[],
    options: AppendOptions,
    store: Store,
  ): Promise<readonly Outcome<Appended>[]>;
  forget(topicId: string): void;
  /** How many ids are remembered. */
  size(): number;
}

/** Stores what is new, in order. Some of it may not be; what is stored is remembered all the same. */
export type Store = (records: readonly Message[]) => Promise<readonly Outcome<Stored>[]>;

export function createDedupe(clock: Clock): Dedupe {
  const remembered = new Map<string, Remembered>();
  const underWay = new Map<string, UnderWay>();

  function seen(key: string, windowMs: number): Remembered | undefined {
    const first = remembered.get(key);
    return first !== undefined && clock.monotonic() - first.atMs <= windowMs ? first : undefined;
  }

  /** Nothing is claimed while it waits for others, so that two calls never wait for each other. */
  async function othersEnded(keys: readonly string[]): Promise<void> {
    for (;;) {
      const others = keys.flatMap((key) => underWay.get(key)?.ended ?? []);
      if (others.length === 0) return;
      await Promise.all(others);
    }
  }

  function remember(key: string, digest: number, place: Stored): void {
    remembered.delete(key);
    remembered.set(key, { digest, atMs: clock.monotonic(), place });
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED_IDS_MAX) return;
      remembered.delete(oldest);
    }
  }

  async function append(topicId: string, records: readonly Message[], options: AppendOptions, store: Store) {
    const { dedupeWindowMs: windowMs = 0, deduped = () => true } = options;
    const keys = records.map((record) => (deduped(record) ? `${record.id}/${topicId}` : undefined));
    const wanted = Array.from(new Set(keys.filter((key) => key !== undefined)));
    await othersEnded(wanted);
    const firsts = new Map<string, { readonly fresh: number; readonly digest: number }>();
    const fresh: Message[] = [];
    const judged = records.map((record, index) => judge(record, keys[index]));
    const stored = await storeNew();
    for (const [key, first] of firsts) {
      const place = stored[first.fresh];
      if (place !== undefined && !(place instanceof KBrokerError)) remember(key, first.digest, place);
    }
    return judged.map((result) => result(stored));

    function judge(
      record: Message,
      key: string | undefined,
    ): (stored: readonly Outcome<Stored>[]) => Outcome<Appended> {
      const position = fresh.length;
      if (key !== undefined) {
        const digest = digestOf(record.payload);
        const [before, first] = [seen(key, windowMs), firsts.get(key)];
        if (first !== undefined) return (all) => repeat(first.digest === digest, placeAt(all, first.fresh));
        if (before !== undefined) return () => repeat(before.digest === digest, before.place);
        firsts.set(key, { fresh: position, digest });
      }
      fresh.push(record);
      return (all) => placeAt(all, position);
    }

    async function storeNew(): Promise<readonly Outcome<Stored>[]> {
      if (fresh.length === 0) return [];
      const storing = store(fresh);
      const ended = storing.catch(() => undefined);
      for (const key of firsts.keys()) underWay.set(key, { ended });
      try {
        return await storing;
      } finally {
        for (const key of firsts.keys()) underWay.delete(key);
      }
    }
  }

  return {
    append,
    forget(topicId) {
      for (const key of remembered.keys()) if (key.endsWith(`/${topicId}`)) remembered.delete(key);
    },
    size: () => remembered.size,
  };
}

/** Of one whose first was not stored nothing else can be said. */
function repeat(isSame: boolean, first: Outcome<Stored>): Outcome<Appended> {
  if (first instanceof KBrokerError) return first;
  const { shard, offset, timeMs } = first;
  return isSame ? { kind: "duplicate", shard, offset, timeMs } : { kind: "conflict" };
}

function placeAt(stored: readonly Outcome<Stored>[], index: number): Outcome<Stored> {
  const place = stored[index];
  if (place === undefined) throw new Error("A record was stored and has no place.");
  return place;
}

function digestOf(payload: Uint8Array): number {
  return createHash("sha256").update(payload).digest().readUIntBE(0, DIGEST_BYTES);
}
