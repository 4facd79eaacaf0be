import type { Topic, Visibility } from "../../domain/topic.ts";
import type { Change, DeletedSubscription, DeleteSubscription } from "./subscriptions.ts";

export interface CreateTopic {
  readonly name: string;
  readonly visibility: Visibility;
  readonly ttlMs?: number;
  readonly schema?: string;
  /** Only says whether it could be made. */
  readonly dryRun?: boolean;
}

export interface TopicView {
  readonly topic: Topic;
  readonly schemaVersion: number | null;
  readonly subscriptions: readonly string[];
  readonly messages: number;
}

/** What is left out stays. */
export interface UpdateTopic {
  readonly ttlMs?: number;
  readonly visibility?: Visibility;
  /** Only says what would change. */
  readonly dryRun: boolean;
}

export interface UpdatedTopic extends TopicView {
  readonly changes: readonly Change[];
  /** Messages whose time is over by the shorter time to live. */
  readonly expires: number;
}

export interface DeleteTopic extends DeleteSubscription {
  /** Its subscriptions go, too; otherwise a topic that has some is `topic_in_use`. */
  readonly cascade: boolean;
}

export interface DeletedTopic {
  readonly name: string;
  readonly id: string;
  readonly messages: number;
  /** Those that wait for their time; `null`: not known. */
  readonly scheduled: number | null;
  readonly schemaVersion: number | null;
  readonly subscriptions: readonly DeletedSubscription[];
}
