import type { ScheduledItem } from "../api/schedule.ts";
import type { ScheduledList } from "../broker/requests/messages.ts";
import { instant, type Some } from "./handler.ts";

export const scheduledHandlers: Some<"scheduledList" | "scheduledCancel"> = {
  scheduledList: async ({ broker, name, query: { limit, after } }) => {
    const page = { limit, ...(after !== undefined && { after }) };
    const { messages, total, next } = await broker.listScheduled(name, page);
    return { items: messages.map(item), total, next };
  },
  scheduledCancel: async ({ broker, name, query: { id, dryRun } }) =>
    item(await broker.cancelScheduled(name, id, { dryRun })),
};

function item({ topic, message, scheduledAtMs, dueMs }: ScheduledList["messages"][number]): ScheduledItem {
  const { id, key = null, attributes, payload } = message;
  return {
    ...{ name: id, id, topic, key, attributes: Object.fromEntries(attributes) },
    scheduledFor: instant(dueMs),
    scheduledAt: instant(scheduledAtMs),
    payloadBytes: payload.length,
  };
}
