import type { Message } from "../../../domain/message.ts";
import type { TopicLog } from "../topic-log.ts";

/** Records that are stored together. All get the same time and offsets that follow one another. */
export interface AppendCall {
  readonly topic: TopicLog;
  readonly messages: readonly Message[];
  /** 0: nothing is remembered of them. */
  readonly dedupeWindowMs: number;
  /** Which messages that is for; left out: all. */
  readonly deduped?: (message: Message) => boolean;
  /** Told when they are durable, before anything else can happen. */
  readonly onDurable?: (first: FirstPosition) => void;
}

export interface FirstPosition {
  readonly offset: number;
  readonly timeMs: number;
}

export interface QueuedCall extends AppendCall {
  readonly bytesBound: number;
  readonly resolve: (first: FirstPosition) => void;
  readonly reject: (error: unknown) => void;
}
