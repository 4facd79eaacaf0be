import { type Connection, ProtocolError } from "@platformatic/kafka";
import { atMost } from "../../../domain/at-most.ts";
import type { Lasting } from "../owners/lasting.ts";
import { KafkaFailure } from "../wire/failure.ts";
import { type Fetched, fetchOnce, type KafkaRecord } from "../wire/fetch.ts";
import type { Wire } from "../wire/wire.ts";
import { type ParkedFold, parkedFold } from "./parked-fold.ts";
import { decodeKey } from "./parked-keys.ts";

/** Reads what resources have in a partition, from the beginning to its end. */
export interface ParkedReading {
  /** `last`: how a fetch that fails is made again; left out: not at all. */
  read(partition: number, resource: string, last?: Lasting): Promise<ParkedFold>;
}

/** Of one fetch: what is read in one go holds up everything else. */
const BYTES_MAX = 1 << 20;
/** Partitions that are read at one time. */
const PASSES_MAX = 4;

interface Asked {
  readonly resources: Set<string>;
  /** Of those that wait for it, the one that came last. */
  last: Lasting | undefined;
}

interface Pass extends Asked {
  readonly folds: Promise<ReadonlyMap<string, ParkedFold>>;
}

/** Whoever asks while a partition is being read is in the next pass over it, with all others that asked meanwhile. */
export function parkedReading(wire: Wire, topic: string): ParkedReading {
  const running = new Map<number, Promise<unknown>>();
  const next = new Map<number, Pass>();
  const passes = atMost(PASSES_MAX);

  function passOver(partition: number): Pass {
    const asked: Asked = { resources: new Set(), last: undefined };
    const before = running.get(partition) ?? Promise.resolve();
    const read = () => {
      next.delete(partition);
      return readAll(wire, { topic, partition }, asked);
    };
    const folds = before.then(() => passes(read));
    const turn = folds.then(
      () => undefined,
      () => undefined,
    );
    running.set(partition, turn);
    void turn.then(() => {
      if (running.get(partition) === turn) running.delete(partition);
    });
    return Object.assign(asked, { folds });
  }

  return {
    async read(partition, resource, last) {
      const pass = next.get(partition) ?? passOver(partition);
      next.set(partition, pass);
      pass.resources.add(resource);
      pass.last = last ?? pass.last;
      return (await pass.folds).get(resource) ?? parkedFold(resource);
    },
  };
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

async function readAll(wire: Wire, place: Place, { resources, last = once }: Asked) {
  const folds = new Map(Array.from(resources, (resource) => [resource, parkedFold(resource)]));
  let from = 0;
  for (;;) {
    const at = from;
    const { records, next, end, start } = await last(() => fetchFrom(wire, place, at));
    for (const record of records) add(folds, record);
    // Nothing follows, as of this answer: the newest record of each key has been read, whatever was compacted meanwhile.
    if (next >= end) return folds;
    // A hole at the end of what was fetched, or before the start.
    from = Math.max(next, start, records.length === 0 && next === from && start <= from ? from + 1 : next);
  }
}

const once: Lasting = (step) => step();

function add(folds: ReadonlyMap<string, ParkedFold>, { key: bytes, offset, value }: KafkaRecord): void {
  const key = decodeKey(bytes);
  if (key !== undefined) folds.get(key.resource)?.add(key, offset, value);
}

async function fetchFrom(wire: Wire, { topic, partition }: Place, from: number): Promise<Fetched> {
  const fetch = async (connection: Connection) => {
    const found = await wire.topic(topic);
    if (found === undefined) throw new KafkaFailure(new ProtocolError(UNKNOWN_TOPIC, null));
    const asked = { uuid: found.uuid, partition, from, bytesMax: BYTES_MAX };
    const [fetched] = await fetchOnce(connection, [asked], { waitMs: 0, bytesMax: BYTES_MAX });
    if (fetched === undefined) throw new KafkaFailure(new ProtocolError(UNKNOWN_TOPIC, null));
    const isBelowStart = fetched.errorCode === OUT_OF_RANGE && fetched.start > from;
    if (fetched.errorCode === 0 || isBelowStart) return fetched;
    throw new KafkaFailure(new ProtocolError(fetched.errorCode, null));
  };
  return wire.call({ leader: { topic, partition } }, fetch, { purpose: "read" });
}

const OUT_OF_RANGE = 1;
const UNKNOWN_TOPIC = 3;
