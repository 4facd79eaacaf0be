import { KBrokerError } from "../../../domain/error.ts";
import type { ReadLimits, ReadResult, Shard } from "../../port.ts";
import type { Topics } from "../topics.ts";
import { failureOf } from "../wire/failure.ts";
import { type Fetched, fetchOnce } from "../wire/fetch.ts";
import type { Wire } from "../wire/wire.ts";
import { chunkOf, joined, limited, limitsAfter } from "./chunk.ts";
import type { Offsets } from "./offsets.ts";
import { RECORDS_SLOT } from "./slots.ts";

/** In one answer. Kafka gives at least one batch, whatever its size. */
const FETCH_BYTES_MIN = 64 << 10;
const FETCH_BYTES_MAX = 4 << 20;
const AT_ONCE = 0;

export interface DirectOptions {
  readonly wire: Wire;
  readonly topics: Pick<Topics, "ofShard">;
  readonly offsets: Offsets;
}

/** Reads from the cluster, for those who are not at the tail. Who asks for the same at the same time is answered together. */
export type DirectRead = (shard: Shard, from: number, limits: ReadLimits) => Promise<ReadResult>;

export function createDirectRead({ wire, topics, offsets }: DirectOptions): DirectRead {
  const underWay = new Map<string, Promise<ReadResult>>();

  async function read(shard: Shard, from: number, limits: ReadLimits): Promise<ReadResult> {
    let result: ReadResult = { records: [], next: from, damaged: [] };
    let end: number | undefined;
    for (let left: ReadLimits | undefined = limits; left !== undefined; left = limitsAfter(limits, result)) {
      const fetched = await fetchFrom(shard, result.next, left.bytesMax);
      if (fetched.failure?.says("OFFSET_OUT_OF_RANGE") === true) {
        const start = await offsets.start(shard);
        // Behind the end there is nothing; below the start is a hole.
        if (start <= result.next) return result;
        result = { ...result, next: start };
        continue;
      }
      end ??= fetched.end;
      const chunk = chunkOf(shard, result.next, fetched);
      if (chunk.next <= result.next && result.next < end) throw unreadable(shard, result.next);
      const part = limited(chunk, result.next, left);
      result = joined(result, part);
      if (part.next < chunk.next || result.next >= end) return result;
    }
    return result;
  }

  function fetchFrom(shard: Shard, from: number, bytesWanted: number): Promise<Fetched> {
    const bytesMax = Math.min(FETCH_BYTES_MAX, Math.max(FETCH_BYTES_MIN, bytesWanted));
    return onLeader(shard, async ({ uuid }, connection) => {
      const places = [{ uuid, partition: shard.index, from, bytesMax }];
      const [fetched] = await fetchOnce(connection, places, { waitMs: AT_ONCE, bytesMax });
      if (fetched === undefined) throw failureOf(-1, "Kafka did not answer for the partition.");
      if (fetched.failure !== undefined && !fetched.failure.says("OFFSET_OUT_OF_RANGE")) throw fetched.failure;
      return fetched;
    });
  }

  /** The topic is looked up for each attempt: it may be another one by then, or none. */
  async function onLeader<T>(shard: Shard, act: Act<T>): Promise<T> {
    const { name } = await topics.ofShard(shard);
    const options = { purpose: "read", slot: RECORDS_SLOT } as const;
    return wire.call(
      { leader: { topic: name, partition: shard.index } },
      async (connection) => act(await topics.ofShard(shard), connection),
      options,
    );
  }

  return (shard, from, limits) => {
    const key = `${shard.index}/${from}/${limits.countMax}/${limits.bytesMax}/${shard.topicId}`;
    const found = underWay.get(key);
    if (found !== undefined) return found;
    const reading = read(shard, from, limits).finally(() => underWay.delete(key));
    underWay.set(key, reading);
    return reading;
  };
}

type Act<T> = (topic: { readonly uuid: string }, connection: Parameters<typeof fetchOnce>[0]) => Promise<T>;

function unreadable({ topicId, index }: Shard, offset: number): KBrokerError {
  return new KBrokerError(
    "engine_failed",
    `Kafka gives nothing of ${topicId}, partition ${index}, at offset ${offset}.`,
    {
      hint: "The broker that leads the partition may have a damaged log: look at its own log.",
    },
  );
}
