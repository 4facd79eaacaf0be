import type { Clock } from "../domain/clock.ts";
import type { Compatibility } from "../domain/compatibility/compare.ts";
import type { Difference } from "../domain/compatibility/difference.ts";
import type { OffsetRange } from "../domain/cursor.ts";
import type { WrittenFilter } from "../domain/dead-letter-filter.ts";
import type { CheckEndpoint, Outcome, Post } from "../domain/delivery.ts";
import type { KBrokerError, Problem } from "../domain/error.ts";
import type { Job, JobState, MoveJob, RedriveJob } from "../domain/job.ts";
import type { ShardLag } from "../domain/lag.ts";
import type { Attribute, StoredMessage } from "../domain/message.ts";
import type { MessageFilter } from "../domain/message-filter.ts";
import type { CompileSchema } from "../domain/schema.ts";
import type { Health, OnRejecting, Subscription, SubscriptionState } from "../domain/subscription.ts";
import type { Topic, TopicSchema, Visibility } from "../domain/topic.ts";
import type { Capabilities, Engine, EngineStatus, ScheduledMessage } from "../engine/port.ts";
import type { EndpointStatus } from "./delivery/delivery.ts";
import type { Observer } from "./observer.ts";

/** What the use cases need; everything with an effect is handed in. */
export interface BrokerDeps {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly post: Post;
  readonly checkEndpoint: CheckEndpoint;
  /** Says why an endpoint's text can never be pushed to (not a URL, wrong scheme, forbidden address), or `undefined`. */
  readonly endpointProblem: (endpoint: string) => string | undefined;
  readonly compileSchema: CompileSchema;
  readonly newId: () => string;
  /** In [0, 1): for jitter. */
  readonly random: () => number;
  readonly observer: Observer;
  /** This node's name, shown as `owner`. */
  readonly node: string;
}

/** The use cases, as the server calls them. Every failure is a `KBrokerError`. */
export interface Broker {
  publish(request: PublishRequest): Promise<Published>;
  /** One result a line that is not blank, in their order. Fails as a whole, and then nothing of it is stored. */
  publishBatch(request: PublishBatchRequest): Promise<readonly BatchResult[]>;
  schedule(request: ScheduleRequest): Promise<Scheduled>;
  listScheduled(topic: string, page: ScheduledPage): Promise<ScheduledList>;
  /** Answers when it is durable that the message will not be published. A dry run only says which it is. */
  cancelScheduled(topic: string, id: string, options: { readonly dryRun: boolean }): Promise<ScheduledMessage>;
  createTopic(request: CreateTopic): Promise<TopicView>;
  listTopics(): Promise<readonly TopicView[]>;
  describeTopic(name: string): Promise<TopicView>;
  /** Messages that are older than a shorter time to live are gone when it answers. */
  updateTopic(name: string, request: UpdateTopic): Promise<UpdatedTopic>;
  /** Answers when the topic is gone for good and everything of it was removed, or will be by whoever starts next. */
  deleteTopic(name: string, options: DeleteTopic): Promise<DeletedTopic>;
  readMessages(query: MessageQuery): Promise<MessagePage>;
  findMessage(asked: FindMessage): Promise<FoundMessage>;
  createSchema(topic: string, definition: string): Promise<TopicSchema>;
  /** The newest version unless another one is asked for. */
  describeSchema(topic: string, version?: number): Promise<TopicSchema>;
  /** The newest version of each topic that has a schema; of one topic every version, the newest first. */
  listSchemas(topic?: string): Promise<readonly TopicSchema[]>;
  updateSchema(request: UpdateSchema): Promise<SchemaUpdated>;
  checkSchema(request: CheckSchema): Promise<SchemaChecked>;
  diffSchemas(request: DiffSchemas): Promise<SchemasDiffer>;
  createSubscription(request: CreateSubscription): Promise<SubscriptionView>;
  listSubscriptions(): Promise<readonly SubscriptionView[]>;
  describeSubscription(name: string): Promise<SubscriptionView>;
  /** No push starts with an old setting once it answers; what is in flight ends as it began. */
  updateSubscription(name: string, request: UpdateSubscription): Promise<UpdatedSubscription>;
  /** What is in flight finishes first. No push starts afterwards. */
  deleteSubscription(name: string, options: DeleteSubscription): Promise<DeletedSubscription>;
  /** Answers when the state is durable; no push starts afterwards. */
  pauseSubscription(name: string): Promise<SubscriptionView>;
  resumeSubscription(name: string): Promise<SubscriptionView>;
  lag(name: string): Promise<LagView>;
  listDeadLetters(name: string, page: DeadLetterPage): Promise<DeadLetterList>;
  /** Orders a redrive; with `dryRun` says what it would take. */
  redrive(subscription: string, request: Redrive): Promise<RedriveView>;
  /** Lets go of dead letters for good; with `dryRun` says how many. Fails with `job_active` while a redrive runs. */
  purgeDeadLetters(subscription: string, request: Purge): Promise<PurgeView>;
  /** Back to a time: what was settled since is delivered again. Answers once the owner has moved, or after 10 s with the running job. */
  rewind(subscription: string, request: RewindRequest): Promise<MoveView>;
  /** Forward: a backlog is dropped on purpose. */
  skip(subscription: string, request: SkipRequest): Promise<MoveView>;
  /** Takes the last rewind or skip back. */
  undoMove(subscription: string, request: UndoRequest): Promise<MoveView>;
  /** Newest first. */
  listJobs(filter: JobFilter): Promise<readonly JobView[]>;
  describeJob(id: string): Promise<JobView>;
  cancelJob(id: string): Promise<JobView>;
  checkEndpoint(endpoint: string): Promise<Outcome>;
  status(): Promise<BrokerView>;
  /** The lag of every subscription, at most a second old: for metrics. */
  snapshot(): Promise<readonly LagView[]>;
  /** Begins to own and to push. */
  start(): Promise<void>;
  /** Starts no push any more, waits at most `drainMs` for those in flight, commits. The engine stays open. */
  stop(drainMs: number): Promise<void>;
  /** For tests: resolves when nothing is in flight and nothing can be sent before time passes or something new arrives. */
  idle(): Promise<void>;
}

export interface PublishRequest {
  readonly topic: string;
  /** The caller's id, checked for its form; left out: one is made and nothing is deduplicated. */
  readonly id?: string;
  readonly key?: string;
  readonly attributes: readonly Attribute[];
  readonly payload: Uint8Array;
}

export interface Published {
  readonly id: string;
  readonly topic: string;
  readonly publishTimeMs: number;
  readonly duplicate: boolean;
}

export interface PublishBatchRequest {
  readonly topic: string;
  /** NDJSON: one `{"payload": …, "id"?, "key"?, "attributes"?}` a line. */
  readonly batch: Uint8Array;
}

/** What became of one line; they are counted from 1, blank ones included. */
export type BatchResult =
  | { readonly line: number; readonly published: Published }
  | { readonly line: number; readonly error: KBrokerError };

export interface ScheduleRequest extends PublishRequest {
  /** From now: a whole number, 5 to 10 080. */
  readonly minutes: number;
}

export interface Scheduled {
  readonly id: string;
  readonly topic: string;
  readonly scheduledForMs: number;
}

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

export interface CreateTopic {
  readonly name: string;
  readonly visibility: Visibility;
  readonly ttlMs?: number;
  readonly schema?: string;
}

export interface UpdateSchema {
  readonly topic: string;
  readonly definition: string;
  readonly compatibility: Compatibility;
  /** Take it although it is not compatible. */
  readonly force?: boolean;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** The version that the caller has seen: another one by now is a conflict. */
  readonly baseVersion?: number;
}

export interface SchemaUpdated {
  readonly schema: TopicSchema;
  readonly previousVersion: number;
  /** Whether there is a new version: the same text again makes none. */
  readonly changed: boolean;
  /** Why it is not compatible; not empty only where it was forced. */
  readonly problems: readonly Problem[];
}

/** Exactly one of `topic` and `definition`; without a payload only the schema is looked at. */
export interface CheckSchema {
  readonly topic?: string;
  readonly version?: number;
  readonly definition?: string;
  readonly payload?: string;
}

export interface SchemaChecked {
  readonly definition: string;
  readonly version: number | null;
  /** What of the payload does not fit, with line and column. */
  readonly problems: readonly Problem[];
}

export interface DiffSchemas {
  readonly topic: string;
  /** The version before `to` when left out. */
  readonly from?: number;
  /** The newest when left out. */
  readonly to?: number;
  /** In place of `to`; then `from` is the newest when left out. */
  readonly definition?: string;
}

export interface SchemasDiffer extends Difference {
  readonly from: TopicSchema;
  /** `null`: the definition that was given. */
  readonly to: TopicSchema | null;
}

export interface TopicView {
  readonly topic: Topic;
  readonly schemaVersion: number | null;
  readonly subscriptions: readonly string[];
  readonly messages: number;
}

export interface CreateSubscription {
  readonly name: string;
  readonly topic: string;
  readonly endpoint: string;
  /** `latest`, `beginning`, an RFC 3339 time, or a duration back from now. */
  readonly from?: string;
  readonly retryDelaysMs?: readonly number[];
  readonly timeoutMs?: number;
  readonly maxInFlight?: number;
  /** Empty: none. */
  readonly permanentStatuses?: readonly number[];
  readonly onRejecting?: OnRejecting;
  /** `<name>_errors` when left out. */
  readonly deadLetterTopic?: string;
  /** What becomes of dead letters that a deleted subscription left there: taken over, or removed. */
  readonly errors?: "keep" | "purge";
}

export interface SubscriptionView {
  readonly subscription: Subscription;
  readonly health: Health;
  readonly healthReason: string | null;
  readonly endpoint: EndpointStatus | null;
  readonly lag: number | null;
  readonly parked: number | null;
  readonly deadLetters: number | null;
  readonly setAside: number | null;
}

/** A setting as a request names it, and its values in the words of a request. */
export interface Change {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
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

/** What is left out stays. */
export interface UpdateSubscription {
  readonly endpoint?: string;
  /** `null`: the default policy. */
  readonly retryDelaysMs?: readonly number[] | null;
  readonly timeoutMs?: number;
  readonly maxInFlight?: number;
  /** Empty: none. */
  readonly permanentStatuses?: readonly number[];
  readonly onRejecting?: OnRejecting;
}

export interface UpdatedSubscription extends SubscriptionView {
  readonly changes: readonly Change[];
}

export interface DeleteSubscription {
  /** The dead letter topic goes, too. Fails with `topic_in_use` where others use it. */
  readonly purgeErrors: boolean;
  /** Only says what would go; what is not possible is refused all the same. */
  readonly dryRun: boolean;
}

export interface DeleteTopic extends DeleteSubscription {
  /** Its subscriptions go, too; otherwise a topic that has some is `topic_in_use`. */
  readonly cascade: boolean;
}

/** What a deletion takes away, as it was right before. */
export interface DeletedSubscription {
  readonly name: string;
  readonly id: string;
  readonly topic: string;
  /** Messages that it had not delivered. */
  readonly lag: number | null;
  readonly deadLetterTopic: string;
  /** Kept there, or gone with it. */
  readonly deadLetters: number;
  readonly errorsPurged: boolean;
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

/** See `api/lag.ts` for what each number means; times are milliseconds since the epoch. */
export interface LagView {
  readonly subscription: string;
  readonly topic: string;
  readonly state: SubscriptionState;
  readonly health: Health;
  readonly healthReason: string | null;
  readonly endpoint: EndpointStatus | null;
  readonly lag: number | null;
  readonly inFlight: number | null;
  readonly parked: number | null;
  readonly nextAttemptMs: number | null;
  readonly expired: number | null;
  readonly damaged: number | null;
  /** Neither redriven nor purged nor set aside. */
  readonly deadLetters: number | null;
  readonly scheduled: number | null;
  /** Redriven too often. */
  readonly setAside: number | null;
  readonly oldestUndelivered: { readonly publishTimeMs: number; readonly ageMs: number } | null;
  readonly rates: { readonly publishPerS: number; readonly ackPerS: number; readonly windowS: 60 } | null;
  readonly drainMs: number | null;
  readonly asOfMs: number;
  readonly owner: string | null;
  readonly shards: readonly ShardLag[];
}

export interface DeadLetterPage {
  readonly limit: number;
  /** `<shard>:<offset>` of the last entry of the page before. */
  readonly after?: string;
  readonly filter?: WrittenFilter;
  /** What was redriven or purged and is still stored, too. */
  readonly all?: boolean;
}

/** `settled`: redriven or purged. */
export type DeadLetterState = "dead" | "set-aside" | "settled";

export interface DeadLetterList {
  /** As stored: what was given up on and why is in the attributes (`domain/dead-letter.ts` reads them). */
  readonly entries: readonly {
    readonly shard: number;
    readonly message: StoredMessage;
    readonly state: DeadLetterState;
  }[];
  /** Whatever the filter; `null` while a shared topic was not read once. */
  readonly total: number | null;
  /** Of these; `null` while no owner reports. */
  readonly setAside: number | null;
  readonly next: string | null;
}

interface MoveRequest {
  /** The job's id; left out: one is made. */
  readonly job?: string | undefined;
  readonly dryRun: boolean;
}

/** One of `hours` and `to`. */
export interface RewindRequest extends MoveRequest {
  readonly hours?: number | undefined;
  /** An RFC 3339 time, or a duration back from now. */
  readonly to?: string | undefined;
  readonly ratePerS?: number | undefined;
}

export interface SkipRequest extends MoveRequest {
  /** `now`, an RFC 3339 time, or a duration back from now. */
  readonly to: string;
}

export interface UndoRequest extends MoveRequest {
  readonly of: "rewind" | "skip";
}

export interface MoveView {
  /** Of a dry run the job that would be; its `messages` are those of this moment. */
  readonly job: MoveJob;
  readonly isOrdered: boolean;
}

export interface JobFilter {
  readonly subscription?: string | undefined;
  readonly state?: JobState | undefined;
}

export interface JobView {
  readonly job: Job;
  /** Of the messages that a rewind brought back, those not settled yet; `null`: not known, or nothing of that kind. */
  readonly remaining: number | null;
  readonly undoableUntilMs: number | null;
}

export interface Redrive {
  /** The job's; left out: one is made. */
  readonly id?: string | undefined;
  readonly filter: WrittenFilter;
  readonly countMax?: number | undefined;
  readonly ratePerS?: number | undefined;
  readonly includeSetAside: boolean;
  readonly dryRun: boolean;
}

/** How many of the dead letters have one reason. */
export interface DeadLetterReason {
  readonly reason: string;
  readonly class: string;
  readonly status: number | null;
  readonly count: number;
}

export interface RedriveView {
  /** `null`: a dry run. */
  readonly job: RedriveJob | null;
  readonly matched: number;
  readonly redriven: number;
  /** Those that the filter means and that were redriven too often. */
  readonly setAside: number;
  readonly reasons: readonly DeadLetterReason[];
}

export interface Purge {
  readonly filter: WrittenFilter;
  readonly dryRun: boolean;
}

export interface PurgeView {
  readonly subscription: string;
  readonly matched: number;
  /** Of these. */
  readonly setAside: number;
  readonly purged: number;
  readonly reasons: readonly DeadLetterReason[];
}

export interface BrokerView {
  readonly engine: EngineStatus & { readonly name: Capabilities["engine"] };
  readonly node: string;
  readonly startedAtMs: number;
  readonly uptimeMs: number;
  readonly topics: number;
  readonly subscriptions: { readonly active: number; readonly paused: number; readonly degraded: number };
  /** The first hundred by name. */
  readonly degraded: readonly { readonly subscription: string; readonly reason: string | null }[];
  readonly lag: number | null;
  readonly parked: number | null;
  readonly deadLetters: number | null;
}
