import type { Compatibility } from "./compatibility/compare.ts";
import type { Deletion } from "./deletion.ts";

export const HOUR_MS = 3_600_000;
export const TOPIC_TTL_MS_MIN = 1 * HOUR_MS;
export const TOPIC_TTL_MS_MAX = 7 * 24 * HOUR_MS;
/** A private topic has at most this many subscriptions. */
export const PRIVATE_SUBSCRIPTIONS_MAX = 5;
/** A caller-given id published again within this time reaches each subscription once. */
export const DEDUPE_WINDOW_MS = 600_000;

export type Visibility = "public" | "private";

/** The catalog's document of kind `topic`. */
export interface Topic {
  readonly name: string;
  /** New at each creation, so that what was stored under an earlier topic of the same name is never believed. */
  readonly id: string;
  readonly visibility: Visibility;
  /** `dead-letter`: holds what a subscription gave up on. Nobody publishes to it from outside. */
  readonly purpose: "messages" | "dead-letter";
  readonly ttlMs: number;
  readonly createdAtMs: number;
  /** Set where the storage had it before: how long its messages are kept is the storage's decision, and a deletion leaves them there. */
  readonly imported?: ImportedTopic;
  /** Left out while the topic is there. */
  readonly deletion?: Deletion;
}

export interface ImportedTopic {
  /** Of each key the last message is kept for good; one without a key is refused. */
  readonly isCompacted: boolean;
}

/** The catalog's document of kind `schema`, named like its topic: the newest version. Earlier ones are of kind `schema-version`. */
export interface TopicSchema {
  readonly topic: string;
  readonly topicId: string;
  /** Counts from 1. */
  readonly version: number;
  /** The JSON text as it was given: lines and columns in messages refer to it. */
  readonly definition: string;
  readonly createdAtMs: number;
  /** How it was compared with the version before; a first version was not compared. */
  readonly compatibility?: Compatibility;
  /** It was not compatible, and was taken all the same because somebody insisted. */
  readonly forced?: boolean;
}
