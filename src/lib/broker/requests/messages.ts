import type { OffsetRange } from "../../domain/cursor.ts";
import type { StoredMessage } from "../../domain/message.ts";
import type { MessageFilter } from "../../domain/message-filter.ts";
import type { ScheduledMessage } from "../../engine/port.ts";

export interface ScheduledPage {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

export interface ScheduledList {
  readonly messages: readonly ScheduledMessage[];
  /** How many wait in the topic; `null`: not known. */
  readonly total: number | null;
  readonly next: string | null;
}

export interface MessageQuery {
  readonly topic: string;
  /** See `api/topic-message.ts`. */
  readonly from: string;
  readonly last?: number;
  readonly limit: number;
  readonly filter: MessageFilter;
  readonly waitMs: number;
}

export interface MessageEntry {
  readonly shard: number;
  readonly message: StoredMessage;
}

export interface MessagePage {
  readonly entries: readonly MessageEntry[];
  readonly damaged: readonly (OffsetRange & { readonly shard: number })[];
  readonly next: string;
  readonly atEnd: boolean;
}

export interface FindMessage {
  readonly topic: string;
  readonly id: string;
  readonly since: string;
  readonly before?: string;
}

export interface FoundMessage {
  readonly found: MessageEntry | null;
  readonly before: string | null;
  readonly reachedMs: number | null;
}
