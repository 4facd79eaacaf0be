import { randomInt } from "node:crypto";
import { KBrokerError } from "../../domain/error.ts";
import {
  type Owners,
  type Ownership,
  SCHEDULES_PREFIX,
  type ScheduledKey,
  type ScheduledMessage,
  type ScheduledPut,
  type Schedules,
} from "../port.ts";
import type { StateRecord } from "./fold/follow.ts";
import { groupBy } from "./fold/group-by.ts";
import { createScheduleIndex, placeOf, type Waiting } from "./fold/schedule-index.ts";
import { createScheduleReader } from "./fold/schedule-reader.ts";
import {
  decodeScheduled,
  encodeScheduled,
  parsePlace,
  placeText,
  type ScheduledPlace,
  textOf,
} from "./fold/scheduled-record.ts";
import { SLOTS } from "./fold/slots.ts";
import { openStateTopic, type StateTopicOptions } from "./fold/state-topic.ts";
import { startTidying } from "./fold/tidy.ts";
import { partitionOf } from "./partitioner.ts";

export type KafkaSchedulesOptions = Pick<StateTopicOptions, "wire" | "producing" | "report"> & {
  /** Begins the names of all topics of state. */
  readonly prefix: string;
  /** Where the topic is made: over so many resources they are divided. */
  readonly partitions: number;
  /** Fails with `epoch_stale` for a hold that has been superseded. */
  readonly confirm: Owners["confirm"];
};

export interface KafkaSchedules extends Schedules {
  /** Of all topics; `null`: not read yet. */
  total(): number | null;
  close(): Promise<void>;
}

const NONCE_MAX = 2 ** 31;
/** Puts of one id that race with its removal. */
const PUTS_MAX = 10;
/** Of a topic that is gone, at a time. */
const CLEAR_COUNT = 1_000;
/** How long a count waits for the first reading. */
const COUNT_WAIT_MS = 2_000;

/** Does not wait until what waits is read; calls that need to know it do. */
export async function openSchedules(options: KafkaSchedulesOptions): Promise<KafkaSchedules> {
  const { wire, report, prefix, confirm } = options;
  const index = createScheduleIndex();
  let isRead = false;
  /** Under which holds everything from before was read. */
  const readSince = new Map<string, number>();
  /** What this node writes right now, and what became of it. */
  const pending = new Map<string, "waits" | "behind" | undefined>();
  const tidying = startTidying({ clock: wire.clock, report, clear: clearBehind });
  const topic = await openStateTopic({
    ...options,
    name: `${prefix}_schedules`,
    slot: SLOTS.schedules,
    apply,
  }).catch(async (error: unknown) => {
    await tidying.close();
    throw error;
  });
  const reader = createScheduleReader({ topic: () => topic, index, report });

  function apply(record: StateRecord): void {
    const { partition, offset, key, value } = record;
    const text = textOf(key);
    const place = parsePlace(text);
    if (value === null) {
      index.remove(place);
      tidying.forget(text);
      return;
    }
    // What cannot be read when it is due is told now.
    decodeScheduled(record);
    const verdict = index.put(place, { partition, offset });
    if (verdict === "behind") tidying.note(text, pending.has(text));
    if (pending.has(text)) pending.set(text, verdict);
  }

  const partitionFor = (topicId: string, id: string) => partitionOf(`${topicId}/${id}`, null, topic.partitions);
  const resourceOf = (partition: number) => `${SCHEDULES_PREFIX}${partition}`;

  /** Everything is known that was durable when it was called. */
  async function read(partition?: number): Promise<void> {
    await topic.caughtUp(isRead ? partition : undefined);
    isRead = true;
  }

  async function readOnce(): Promise<void> {
    if (!isRead) await read();
  }

  /** So that what the owner before has removed is not given again. */
  async function readUnder({ resource, epoch }: Ownership, partition: number): Promise<void> {
    if (isRead && readSince.get(resource) === epoch) return;
    await read(partition);
    readSince.set(resource, epoch);
  }

  async function clear(places: readonly ScheduledPlace[]): Promise<void> {
    const byPartition = groupBy(places, ({ topicId, id }) => partitionFor(topicId, id));
    const writes = Array.from(byPartition, ([partition, each]) =>
      topic.write(
        partition,
        each.map((place) => ({ key: Buffer.from(placeText(place)), value: null })),
      ),
    );
    await Promise.all(writes);
  }

  async function clearBehind(keys: ReadonlySet<string>): Promise<void> {
    await read();
    await clear(Array.from(keys, parsePlace).filter((place) => index.isBehind(place)));
  }

  async function first({ topicId, id }: Pick<ScheduledKey, "topicId" | "id">): Promise<ScheduledMessage | undefined> {
    const waiting = index.find(topicId, id);
    return waiting && (await reader.messagesOf([waiting]))[0];
  }

  /** Each time that it is written it has another key: a second one is behind the first, and cannot take its place. */
  async function write(scheduled: ScheduledMessage): Promise<boolean> {
    const { topicId, dueMs, message } = scheduled;
    const mine: string[] = [];
    const key = () => {
      const text = placeText({ topicId, id: message.id, dueMs, nonce: randomInt(NONCE_MAX) });
      mine.push(text);
      pending.set(text, undefined);
      return Buffer.from(text);
    };
    try {
      await topic.write(partitionFor(topicId, message.id), [{ key, ...encodeScheduled(scheduled) }]);
      const behind = mine.filter((text) => pending.get(text) === "behind");
      if (behind.length > 0) await clear(behind.map(parsePlace));
      return mine.some((text) => pending.get(text) === "waits");
    } finally {
      for (const text of mine) pending.delete(text);
    }
  }

  async function put(scheduled: ScheduledMessage): Promise<ScheduledPut> {
    const at = { topicId: scheduled.topicId, id: scheduled.message.id };
    await readOnce();
    for (let attempt = 0; attempt < PUTS_MAX; attempt++) {
      // Another node may have removed it, and told so.
      if (index.find(at.topicId, at.id) !== undefined) await read(partitionFor(at.topicId, at.id));
      const there = await first(at);
      if (there !== undefined) return { kind: "exists", first: there };
      if (await write(scheduled)) return { kind: "put" };
    }
    throw new KBrokerError("overloaded", `"${at.id}" is scheduled and removed by others all the time.`, {
      retryAfterS: 1,
    });
  }

  return {
    resources: async () => Array.from({ length: topic.partitions }, (_, partition) => resourceOf(partition)),
    resourceOf: (topicId, id) => resourceOf(partitionFor(topicId, id)),
    put,
    async find(topicId, id) {
      await read(partitionFor(topicId, id));
      return first({ topicId, id });
    },
    async list(topicId, limits, after) {
      await read();
      return (await reader.page(index.ofTopic(topicId, after), limits)).messages;
    },
    async due(ownership, untilMs, limits) {
      const partition = ownPartition(ownership);
      await confirm(ownership);
      await readUnder(ownership, partition);
      return reader.page(index.ofPartition(partition), { ...limits, untilMs });
    },
    async remove(ownership, keys) {
      const partition = ownPartition(ownership);
      await confirm(ownership);
      await readUnder(ownership, partition);
      const there = new Set<Waiting>();
      for (const { topicId, id, dueMs } of keys) {
        const waiting = index.find(topicId, id);
        if (waiting?.dueMs === dueMs && waiting.partition === partition) there.add(waiting);
      }
      await clear(Array.from(there, placeOf));
    },
    async count(topicId) {
      if (!isRead) await Promise.race([readOnce(), wire.clock.after(COUNT_WAIT_MS)]);
      return isRead ? index.count(topicId) : null;
    },
    async forget(topicId) {
      await read();
      const places = index.placesOf(topicId);
      for (let at = 0; at < places.length; at += CLEAR_COUNT) await clear(places.slice(at, at + CLEAR_COUNT));
    },
    total: () => (isRead ? index.total() : null),
    async close() {
      await tidying.close();
      topic.close();
    },
  };
}

function ownPartition({ resource }: Ownership): number {
  return Number(resource.slice(SCHEDULES_PREFIX.length));
}
