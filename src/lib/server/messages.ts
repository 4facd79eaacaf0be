import type { TopicMessage } from "../api/topic-message.ts";
import type { MessageEntry } from "../broker/requests/messages.ts";
import { instant, instantOrNull, type Some } from "./handler.ts";
import { keyText, payloadText } from "./payload-text.ts";

export const messageHandlers: Some<"messageList" | "messageFind"> = {
  messageList: async ({ broker, name, query: { filter = "", last, ...query } }) => {
    const asked = {
      topic: name,
      ...query,
      filter: [...new URLSearchParams(filter)],
      ...(last !== undefined && { last }),
    };
    const { entries, damaged, ...rest } = await broker.readMessages(asked);
    return { items: entries.map(topicMessage), damaged: damaged.map((range) => ({ ...range })), ...rest };
  },
  messageFind: async ({ broker, name, query: { id, since, before } }) => {
    const asked = { topic: name, id, since, ...(before !== undefined && { before }) };
    const { found, before: next, reachedMs } = await broker.findMessage(asked);
    return { message: found === null ? null : topicMessage(found), before: next, reached: instantOrNull(reachedMs) };
  },
};

function topicMessage({ shard, message }: MessageEntry): TopicMessage {
  const { id, offset, timeMs, attributes, payload } = message;
  const about = { id, position: `${shard}:${offset}`, publishTime: instant(timeMs), ...keyText(message) };
  return {
    ...about,
    attributes: Object.fromEntries(attributes),
    payloadBytes: payload.length,
    ...payloadText(payload),
  };
}
