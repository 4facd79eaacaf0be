import { KBrokerError } from "../../../domain/error.ts";
import { type Fetched, fetchOnce } from "../wire/fetch.ts";
import type { KafkaTopic } from "../wire/metadata.ts";
import type { Wire } from "../wire/wire.ts";
import type { StateRecord } from "./follow.ts";
import { SLOTS } from "./slots.ts";

export interface ReadAt {
  readonly topic: KafkaTopic;
  readonly partition: number;
  readonly offsets: readonly number[];
}

/** What lies side by side comes with one fetch; what does not is asked for by this many at a time. */
const READERS = 8;
const READ_BYTES_MAX = 128 << 10;

/** Reads records by their places; those that are not there any more are left out. */
export async function readAt(wire: Wire, { topic, partition, offsets }: ReadAt): Promise<readonly StateRecord[]> {
  const wanted = Array.from(new Set(offsets)).sort((a, b) => a - b);
  const each = Math.ceil(wanted.length / READERS);
  const parts = Array.from({ length: each === 0 ? 0 : Math.ceil(wanted.length / each) }, (_, index) =>
    readPart(wire, { topic, partition, offsets: wanted.slice(index * each, (index + 1) * each) }),
  );
  return (await Promise.all(parts)).flat();
}

/** The offsets ascend. */
async function readPart(wire: Wire, { topic, partition, offsets }: ReadAt): Promise<readonly StateRecord[]> {
  const found: StateRecord[] = [];
  let left = offsets;
  for (let [from] = left; from !== undefined; [from] = left) {
    const { records, next } = await fetchAt(wire, { topic, partition, from });
    const asked = new Set(left);
    for (const record of records) if (asked.has(record.offset)) found.push({ ...record, partition });
    const behind = Math.max(next, from + 1);
    left = left.filter((offset) => offset >= behind);
  }
  return found;
}

async function fetchAt(
  wire: Wire,
  { topic: { name, uuid }, partition, from }: { topic: KafkaTopic; partition: number; from: number },
): Promise<Fetched> {
  const place = { uuid, partition, from, bytesMax: READ_BYTES_MAX };
  const options = { purpose: "fold", slot: SLOTS.questions } as const;
  return wire.call(
    { leader: { topic: name, partition } },
    async (connection) => {
      const [fetched] = await fetchOnce(connection, [place], { waitMs: 0, bytesMax: READ_BYTES_MAX });
      if (fetched === undefined) throw new KBrokerError("engine_failed", `Kafka did not answer for "${name}".`);
      if (fetched.failure !== undefined) throw fetched.failure;
      return fetched;
    },
    options,
  );
}
