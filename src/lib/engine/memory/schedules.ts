import { KBrokerError } from "../../domain/error.ts";
import {
  type Ownership,
  type ReadLimits,
  SCHEDULES_PREFIX,
  type ScheduledKey,
  type ScheduledMessage,
  type Schedules,
} from "../port.ts";
import type { MemoryStorage } from "./storage.ts";

const RESOURCE = `${SCHEDULES_PREFIX}0`;

export function memorySchedules({ epochs, schedules }: MemoryStorage): Schedules {
  function checkEpoch({ resource, epoch }: Ownership): void {
    if (epochs.get(resource) === epoch) return;
    throw new KBrokerError("epoch_stale", `The hold ${epoch} on "${resource}" has been superseded.`);
  }

  const of = (topicId: string) => [...(schedules.get(topicId)?.values() ?? [])].sort(byDueTime);

  return {
    resources: async () => [RESOURCE],
    resourceOf: () => RESOURCE,
    async put(scheduled) {
      const { topicId, message } = scheduled;
      const waiting = schedules.get(topicId) ?? new Map<string, ScheduledMessage>();
      const first = waiting.get(message.id);
      if (first !== undefined) return { kind: "exists", first };
      schedules.set(topicId, waiting.set(message.id, scheduled));
      return { kind: "put" };
    },
    find: async (topicId, id) => schedules.get(topicId)?.get(id),
    async list(topicId, limits, after) {
      return within(
        of(topicId).filter((one) => after === undefined || compare(keyOf(one), after) > 0),
        limits,
      );
    },
    async due(ownership, untilMs, limits) {
      checkEpoch(ownership);
      const all = [...schedules.keys()].flatMap(of).sort(byDueTime);
      const messages = within(
        all.filter(({ dueMs }) => dueMs <= untilMs),
        limits,
      );
      return { messages, nextMs: all[messages.length]?.dueMs };
    },
    async remove(ownership, keys) {
      checkEpoch(ownership);
      for (const { topicId, id, dueMs } of keys) {
        if (schedules.get(topicId)?.get(id)?.dueMs === dueMs) schedules.get(topicId)?.delete(id);
      }
    },
    count: async (topicId) => schedules.get(topicId)?.size ?? 0,
    async forget(topicId) {
      schedules.delete(topicId);
    },
  };
}

function keyOf({ topicId, message, dueMs }: ScheduledMessage): ScheduledKey {
  return { topicId, id: message.id, dueMs };
}

function byDueTime(a: ScheduledMessage, b: ScheduledMessage): number {
  return compare(keyOf(a), keyOf(b));
}

function compare(a: ScheduledKey, b: ScheduledKey): number {
  if (a.dueMs !== b.dueMs) return a.dueMs - b.dueMs;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

function within(messages: readonly ScheduledMessage[], { countMax, bytesMax }: ReadLimits): ScheduledMessage[] {
  let bytes = 0;
  const over = messages.findIndex(({ message }, index) => {
    bytes += message.payload.length;
    return index > 0 && (index >= countMax || bytes > bytesMax);
  });
  return messages.slice(0, over === -1 ? undefined : over);
}
