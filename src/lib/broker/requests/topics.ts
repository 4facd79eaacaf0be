import type { Layout, LayoutWish } from "../../domain/layout.ts";
import type { Topic, Visibility } from "../../domain/topic.ts";
import type { Change, DeletedSubscription, DeleteSubscription } from "./subscriptions.ts";

export interface CreateTopic extends LayoutWish {
  readonly name: string;
  readonly visibility: Visibility;
  readonly ttlMs?: number;
  readonly schema?: string;
  /** Only says whether it could be made. */
  readonly dryRun?: boolean;
}

export type ImportTopic = Omit<CreateTopic, keyof LayoutWish>;

export interface TopicView {
  readonly topic: Topic;
  readonly schemaVersion: number | null;
  readonly subscriptions: readonly string[];
  readonly messages: number;
  /** `null` on an engine without partitions. */
  readonly layout: Layout | null;
}

export interface DescribedTopic extends TopicView {
  /** The storage's settings that it was given; none on an engine without partitions. */
  readonly configs: Readonly<Record<string, string>>;
}

/** What is left out stays. */
export interface UpdateTopic {
  readonly ttlMs?: number;
  readonly visibility?: Visibility;
  readonly partitions?: number;
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
  /** It is only let go of: the storage keeps it. */
  readonly imported: boolean;
  readonly messages: number;
  /** Those that wait for their time; `null`: not known. */
  readonly scheduled: number | null;
  readonly schemaVersion: number | null;
  readonly subscriptions: readonly DeletedSubscription[];
}
