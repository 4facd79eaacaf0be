import { KBrokerError } from "../../../domain/error.ts";
import { inTurn, inTurnByKey } from "../../../domain/in-turn.ts";
import {
  type Ownership,
  type ReadLimits,
  SCHEDULES_PREFIX,
  type ScheduledKey,
  type ScheduledMessage,
  type ScheduledPut,
  type Schedules,
} from "../../port.ts";
import { idText } from "../dedupe/id-index.ts";
import type { EmbeddedLimits } from "../limits.ts";
import { decodeScheduled, encodeScheduled } from "./scheduled-record.ts";
import { BEHIND_ALL_TEXT, type ScheduledPlace, type StateStore, type StateWrites } from "./store.ts";

export interface LocalSchedules extends Schedules {
  /** Of all topics. */
  total(): number;
}

export interface SchedulesOptions {
  readonly store: StateStore;
  /** Throws when nothing new is taken: no room, or the engine closes. */
  readonly checkTaking: () => void;
  readonly limits: Pick<EmbeddedLimits, "backlogCountMax">;
}

/** One process fires everything. */
const RESOURCE = `${SCHEDULES_PREFIX}0`;
/** Removed in one transaction where a whole topic goes. */
const FORGET_COUNT = 1_000;

/**
 * Puts run side by side, those of one id one after the other; removals one after the other. So each decides on what is durable, and a
 * count, written in the order in which it changed, is right after any crash.
 */
export function createSchedules({ store, checkTaking, limits }: SchedulesOptions): LocalSchedules {
  const counts = new Map([...store.scheduledCounts.getRange()].map(({ key, value }) => [key, value]));
  const puts = inTurnByKey();
  const removal = inTurn();
  let waiting = 0;

  function checkHold({ resource, epoch }: Ownership): void {
    if (store.epochs.get(resource) === epoch) return;
    throw new KBrokerError("epoch_stale", `The hold ${epoch} on "${resource}" has been superseded.`);
  }

  function recount(write: StateWrites, topicId: string, change: number): void {
    const count = (counts.get(topicId) ?? 0) + change;
    if (count === 0) {
      counts.delete(topicId);
      write.remove(store.scheduledCounts, topicId);
    } else {
      counts.set(topicId, count);
      write.put(store.scheduledCounts, topicId, count);
    }
  }

  function read(at: ScheduledPlace): ScheduledMessage | undefined {
    const [topicId, dueMs] = at;
    const record = store.scheduled.get(at);
    return record && decodeScheduled(record, { topicId, dueMs });
  }

  function find(topicId: string, id: string): ScheduledMessage | undefined {
    const dueMs = store.scheduledIds.get([topicId, id]);
    return dueMs === undefined ? undefined : read([topicId, dueMs, id]);
  }

  async function put(scheduled: ScheduledMessage, id: string): Promise<ScheduledPut> {
    const { topicId, dueMs } = scheduled;
    const first = find(topicId, id);
    if (first !== undefined) return { kind: "exists", first };
    const record = encodeScheduled(scheduled);
    await store.commit((write) => {
      write.put(store.scheduled, [topicId, dueMs, id], record);
      write.put(store.scheduledDue, [dueMs, topicId, id], true);
      write.put(store.scheduledIds, [topicId, id], dueMs);
      recount(write, topicId, 1);
    });
    return { kind: "put" };
  }

  function removeAll(places: readonly ScheduledPlace[]): Promise<void> {
    const there = new Map<string, ScheduledPlace>();
    for (const one of places) {
      const [topicId, dueMs, id] = one;
      if (store.scheduledIds.get([topicId, id]) === dueMs) there.set(`${topicId}/${id}`, one);
    }
    if (there.size === 0) return Promise.resolve();
    return store.commit((write) => {
      for (const [topicId, dueMs, id] of there.values()) {
        write.remove(store.scheduled, [topicId, dueMs, id]);
        write.remove(store.scheduledDue, [dueMs, topicId, id]);
        write.remove(store.scheduledIds, [topicId, id]);
        recount(write, topicId, -1);
      }
    });
  }

  return {
    resources: async () => [RESOURCE],
    resourceOf: () => RESOURCE,
    async put(scheduled) {
      checkTaking();
      if (waiting >= limits.backlogCountMax) {
        const message = `${waiting} messages already wait to be written to disk.`;
        throw new KBrokerError("overloaded", message, { retryAfterS: 1 });
      }
      waiting += 1;
      const id = idText(scheduled.message.id);
      try {
        return await puts.run(`${scheduled.topicId}/${id}`, () => put(scheduled, id));
      } finally {
        waiting -= 1;
      }
    },
    find: async (topicId, id) => find(topicId, idText(id)),
    async list(topicId, within, after) {
      const { start, end } = of(topicId);
      const from = after === undefined ? { start } : { start: place(after), exclusiveStart: true };
      const page = createPage(within);
      for (const found of store.scheduled.getKeys({ ...from, end })) {
        if (!page.add(read(found))) break;
      }
      return page.messages;
    },
    async due(ownership, untilMs, within) {
      checkHold(ownership);
      const page = createPage(within);
      for (const [dueMs, topicId, id] of store.scheduledDue.getKeys()) {
        if (dueMs > untilMs || !page.add(read([topicId, dueMs, id]))) return { messages: page.messages, nextMs: dueMs };
      }
      return { messages: page.messages, nextMs: undefined };
    },
    remove(ownership, keys) {
      return removal(async () => {
        checkHold(ownership);
        await removeAll(keys.map(place));
      });
    },
    count: async (topicId) => counts.get(topicId) ?? 0,
    forget: (topicId) =>
      removal(async () => {
        const next = () => [...store.scheduled.getKeys({ ...of(topicId), limit: FORGET_COUNT })];
        for (let places = next(); places.length > 0; places = next()) await removeAll(places);
      }),
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
  };
}

function place({ topicId, dueMs, id }: ScheduledKey): ScheduledPlace {
  return [topicId, dueMs, idText(id)];
}

/** Every place of one topic. */
function of(topicId: string): { start: ScheduledPlace; end: ScheduledPlace } {
  return { start: [topicId, 0, ""], end: [topicId, Number.MAX_SAFE_INTEGER, BEHIND_ALL_TEXT] };
}

/** What one answer holds: the first message whatever its size. */
function createPage({ countMax, bytesMax }: ReadLimits) {
  const messages: ScheduledMessage[] = [];
  let bytes = 0;
  return {
    messages,
    /** `false`: it does not fit any more. */
    add(scheduled: ScheduledMessage | undefined): boolean {
      if (scheduled === undefined) return true;
      bytes += scheduled.message.payload.length;
      if (messages.length > 0 && (messages.length >= countMax || bytes > bytesMax)) return false;
      messages.push(scheduled);
      return true;
    },
  };
}
