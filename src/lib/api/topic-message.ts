import { z } from "zod";
import { count, instant } from "./common.ts";

const MESSAGES_LIMIT_MAX = 1_000;
/** Below the time after which a client gives up on an answer. */
const MESSAGES_WAIT_MS_MAX = 20_000;

/**
 * `GET /admin/v1/topics/{name}/messages`: in the order of each shard, and by time within a page. A page is bounded in bytes, too, and may be
 * empty before the end.
 */
export const messagesQuery = z.strictObject({
  /** `beginning`, `latest`, an RFC 3339 time, how long ago (`2h`), or positions: `<shard>:<offset>`, with commas between. */
  from: z.string().max(10_000).default("beginning"),
  /** Instead of `from`: that many before the end. */
  last: z.coerce.number().int().min(0).max(MESSAGES_LIMIT_MAX).optional(),
  limit: z.coerce.number().int().min(1).max(MESSAGES_LIMIT_MAX).default(100),
  /** `id`, `key` and names of attributes with their values, encoded like a query: `event-type=created&key=k1`. */
  filter: z.string().max(20_000).optional(),
  /** Where there is nothing yet: how long to wait for it. */
  waitMs: z.coerce.number().int().min(0).max(MESSAGES_WAIT_MS_MAX).default(0),
});

export const topicMessage = z.object({
  id: z.string(),
  /** `<shard>:<offset>`. */
  position: z.string(),
  publishTime: instant,
  key: z.string().nullable(),
  /** A key that is not printable, of a record that a client of the storage wrote. */
  keyBase64: z.string().optional(),
  attributes: z.record(z.string(), z.string()),
  payloadBytes: count,
  /** The stored bytes as text when they are UTF-8, else in base64. */
  payload: z.string().optional(),
  payloadBase64: z.string().optional(),
});

/** Messages that were stored and cannot be read any more: offsets from `from` up to, but not including, `to`. */
const damagedRange = z.object({ shard: count, from: count, to: count });

export const messagesReply = z.object({
  items: z.array(topicMessage),
  damaged: z.array(damagedRange),
  /** Give it as `from` to read on. */
  next: z.string(),
  /** Nothing was behind `next` when this was answered. */
  atEnd: z.boolean(),
});

/** `GET /admin/v1/topics/{name}/message`: the newest with an id, looked for from the newest on backwards. */
export const messageFindQuery = z.strictObject({
  id: z.string(),
  /** How far back, as `from` above. */
  since: z.string().default("beginning"),
  /** Where the call before stopped. */
  before: z.string().optional(),
});

export const messageFindReply = z.object({
  message: topicMessage.nullable(),
  /** Not found yet: give it as `before` to look further back. `null`: there is nothing further. */
  before: z.string().nullable(),
  /** Publish time of the oldest message looked at in this call. */
  reached: instant.nullable(),
});

export type TopicMessage = z.output<typeof topicMessage>;
export type MessagesReply = z.output<typeof messagesReply>;
