import { KBrokerError, messageOf } from "../../../domain/error.ts";
import type { Report } from "../../../domain/report.ts";
import { kafkaFailure } from "../wire/failure.ts";
import { type Fetched, fetchOnce, type KafkaRecord } from "../wire/fetch.ts";
import type { KafkaTopic } from "../wire/metadata.ts";
import type { Wire } from "../wire/wire.ts";
import { brokenTopic, TOMBSTONES_KEPT_MS } from "./prepare-topic.ts";
import { createWaiters } from "./waiters.ts";

export interface StateRecord extends KafkaRecord {
  readonly partition: number;
}

export interface FollowOptions {
  readonly wire: Wire;
  readonly topic: KafkaTopic;
  /** Of the connections for state, the one that is this topic's own. */
  readonly slot: number;
  /** Given each record once, those of a partition in order. */
  readonly apply: (record: StateRecord) => void;
  readonly report: Report;
}

/** Reads a topic from the beginning, for ever. */
export interface Follower {
  /** Resolves once everything below `offset` was applied. Fails where the partition cannot be read for some seconds. */
  reached(partition: number, offset: number): Promise<void>;
  /** Why it cannot be read, for some seconds already; `undefined`: it can. */
  outage(): string | undefined;
  close(): void;
}

const POLL_MS = 2_000;
/** While a partition has no leader: it may come to one that is asked already, and waits for the end of that. */
const POLL_MS_SHORT = 100;
const POLL_BYTES_MAX = 8 << 20;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 1_000;
/** So long a partition may be silent before those who wait for it are told. */
const SILENCE_MS = 10_000;
/** A leader that moves is nothing to tell anybody. */
const OUTAGE_TOLD_MS = 3_000;

const OFFSET_OUT_OF_RANGE = 1;
const NO_LEADER = -1;

interface Partition {
  readonly index: number;
  readonly waiters: ReturnType<typeof createWaiters>;
  leader: number;
  /** The next offset that is to be applied. */
  next: number;
  /** When it was last read, or found to have nothing new. */
  heardMs: number;
  isFailing: boolean;
}

/** One long poll for each broker that leads partitions; what one of them does holds up no other. */
export function followTopic({ wire, topic: { name, uuid, leaders }, slot, apply, report }: FollowOptions): Follower {
  const { clock } = wire;
  const ending = new AbortController();
  const { signal } = ending;
  const partitions = leaders.map(
    (leader, index): Partition => ({
      index,
      leader,
      waiters: createWaiters(),
      next: 0,
      heardMs: clock.monotonic(),
      isFailing: false,
    }),
  );
  const polling = new Set<number>();
  let broken: KBrokerError | undefined;
  let isLooking = false;
  let isTelling = false;
  let lookFailure: unknown;
  /** Since all partitions were served: a leader that is known may still not be within reach. */
  let looks = 0;
  let isOutageTold = false;

  async function poll(node: number): Promise<void> {
    if (polling.has(node)) return;
    polling.add(node);
    for (let round = 0; !signal.aborted; round++) {
      const led = partitions.filter(({ leader }) => leader === node);
      if (led.length === 0) break;
      try {
        await pollOnce(node, rotated(led, round));
      } catch (error) {
        if (!signal.aborted) lose(led, node, error);
      }
    }
    polling.delete(node);
  }

  async function pollOnce(node: number, led: readonly Partition[]): Promise<void> {
    const bytesMax = Math.floor(POLL_BYTES_MAX / led.length);
    const places = led.map(({ index, next }) => ({ uuid, partition: index, from: next, bytesMax }));
    const froms = new Map(led.map(({ index, next }) => [index, next]));
    const waitMs = partitions.some(({ isFailing }) => isFailing) ? POLL_MS_SHORT : POLL_MS;
    const wishes = { waitMs, bytesMax: POLL_BYTES_MAX };
    const options = { purpose: "fold", slot, deadlineMs: 0, signal } as const;
    const fetched = await wire.call({ node }, (connection) => fetchOnce(connection, places, wishes), options);
    if (signal.aborted) return;
    // Where nothing at all came, what lies up to the ends is holes. Where only one got nothing, there may have been no bytes left for it.
    const isAllRead = fetched.every(
      ({ errorCode, partition, next }) => errorCode === 0 && next === froms.get(partition),
    );
    for (const each of fetched) {
      const partition = partitions[each.partition];
      if (partition !== undefined) take(partition, each, isAllRead);
    }
  }

  /** Why it makes no sense to go on. */
  function faultOf({ heardMs }: Partition, errorCode: number): string | undefined {
    if (errorCode === OFFSET_OUT_OF_RANGE) return "has lost records";
    return clock.monotonic() - heardMs > TOMBSTONES_KEPT_MS ? "was out of reach for days" : undefined;
  }

  function take(partition: Partition, { errorCode, failure, ...fetched }: Fetched, isAllRead: boolean): void {
    const { end, records, next, damaged } = fetched;
    const fault = faultOf(partition, errorCode);
    if (fault !== undefined) {
      breakDown(fault);
      return;
    }
    if (failure !== undefined) {
      lose([partition], partition.leader, failure);
      return;
    }
    for (const { from, to } of damaged) {
      if (to <= partition.next) continue;
      report("error", `Records of "${name}" are damaged; they count as if they were not there.`, { from, to });
    }
    for (const record of records) {
      // Two brokers may be asked for one partition while its leader moves.
      if (record.offset < partition.next) continue;
      applyOne({ ...record, partition: partition.index });
      partition.next = record.offset + 1;
    }
    partition.next = Math.max(partition.next, next, isAllRead ? end : 0);
    partition.heardMs = clock.monotonic();
    partition.isFailing = false;
    partition.waiters.reached(partition.next);
    if (partitions.some(({ isFailing }) => isFailing)) return;
    looks = 0;
    if (isOutageTold) {
      isOutageTold = false;
      report("info", `The Kafka topic "${name}" can be read again.`);
    }
  }

  function applyOne(record: StateRecord): void {
    try {
      apply(record);
    } catch (error) {
      const { partition, offset } = record;
      report("error", `A record of "${name}" was passed over.`, { partition, offset, cause: messageOf(error) });
    }
  }

  /** Their leader did not serve them. */
  function lose(lost: readonly Partition[], node: number, error: unknown): void {
    for (const partition of lost) {
      partition.isFailing = true;
      if (partition.leader === node) partition.leader = NO_LEADER;
    }
    void look(error);
  }

  /** Finds the leaders anew until there is one for each partition, and follows them. */
  async function look(first: unknown): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    lookFailure = first;
    if (!isTelling) void tellWhileFailing();
    while (!signal.aborted) {
      await clock.after(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** looks), signal);
      looks += 1;
      if (signal.aborted) break;
      try {
        wire.forgetTopic(name);
        const found = await wire.topic(name);
        if (found !== undefined && found.uuid !== uuid) breakDown("was deleted and made anew");
        if (found !== undefined) lead(found);
      } catch (error) {
        lookFailure = error;
      }
      if (partitions.every(({ leader }) => leader !== NO_LEADER)) break;
    }
    isLooking = false;
  }

  /** Apart from the looking, each step of which may take as long as Kafka is away; once for all of them, of which there may be many. */
  async function tellWhileFailing(): Promise<void> {
    isTelling = true;
    while (partitions.some(({ isFailing }) => isFailing) && !signal.aborted) {
      tellSilence(lookFailure);
      await clock.after(PAUSE_MS_MAX, signal);
    }
    isTelling = false;
  }

  function lead(found: KafkaTopic): void {
    for (const partition of partitions) partition.leader = found.leaders[partition.index] ?? NO_LEADER;
    const nodes = new Set(partitions.map(({ leader }) => leader));
    for (const node of nodes) if (node !== NO_LEADER) void poll(node);
  }

  function tellSilence(cause: unknown): void {
    const failing = partitions.filter(({ isFailing }) => isFailing);
    const silenceMs = Math.max(0, ...failing.map(({ heardMs }) => clock.monotonic() - heardMs));
    if (silenceMs > OUTAGE_TOLD_MS && !isOutageTold) {
      isOutageTold = true;
      report("warn", `The Kafka topic "${name}" cannot be read; it is tried for ever.`, { cause: messageOf(cause) });
    }
    for (const { heardMs, waiters } of failing) {
      if (clock.monotonic() - heardMs > SILENCE_MS) waiters.fail(silent(name, cause));
    }
  }

  function breakDown(what: string): void {
    broken = brokenTopic(name, what);
    report("error", broken.message, { hint: broken.hint });
    stop(broken);
  }

  function stop(failure: KBrokerError): void {
    ending.abort();
    for (const { waiters } of partitions) waiters.fail(failure);
  }

  const isLed = leaders.every((leader) => leader !== NO_LEADER);
  lead({ name, uuid, leaders });
  if (!isLed) void look(undefined);

  return {
    async reached(index, offset) {
      const partition = partitions[index];
      if (partition === undefined || partition.next >= offset) return;
      if (signal.aborted) throw broken ?? closed();
      await partition.waiters.wait(offset);
    },
    outage: () => broken?.message ?? (isOutageTold ? silent(name, lookFailure).message : undefined),
    close: () => stop(closed()),
  };
}

/** So that no partition is always the last one, for which no bytes are left. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

function closed(): KBrokerError {
  return new KBrokerError("broker_stopping", "The broker is stopping.");
}

function silent(name: string, cause: unknown): KBrokerError {
  const { message } = kafkaFailure(cause ?? new Error("No leader serves it."));
  return new KBrokerError("engine_unavailable", `The Kafka topic "${name}" cannot be read: ${message}`, {
    hint: "Nothing is lost; try again. The node's log says what it cannot reach.",
    retryAfterS: 5,
    cause,
  });
}
