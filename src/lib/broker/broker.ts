import type { Source, SourceTable } from "../connectors/port.ts";
import type { Clock } from "../domain/clock.ts";
import type { ConnectorKind, DatabaseAddress } from "../domain/connector.ts";
import type { ConnectorStatus } from "../domain/connector-report.ts";
import type { CheckEndpoint, Outcome, Post } from "../domain/delivery.ts";
import type { ShardLag } from "../domain/lag.ts";
import type { CompileSchema } from "../domain/schema.ts";
import type { Health, SubscriptionState } from "../domain/subscription.ts";
import type { TopicSchema } from "../domain/topic.ts";
import type { Adoptable, Capabilities, Engine, EngineStatus, ScheduledMessage } from "../engine/port.ts";
import type { EndpointStatus } from "./delivery/delivery.ts";
import type { Observer } from "./observer.ts";
import type { ClusterView, GroupPage, GroupPageView, GroupView } from "./requests/cluster.ts";
import type {
  ConnectorChecked,
  ConnectorView,
  ConnectorWish,
  CreateConnector,
  DeleteConnector,
  DeletedConnector,
  RestartConnector,
  UpdateConnector,
  UpdatedConnector,
} from "./requests/connectors.ts";
import type {
  DeadLetterList,
  DeadLetterPage,
  Purge,
  PurgeView,
  Redrive,
  RedriveView,
} from "./requests/dead-letters.ts";
import type { JobFilter, JobView, MoveView, RewindRequest, SkipRequest, UndoRequest } from "./requests/jobs.ts";
import type {
  FindMessage,
  FoundMessage,
  MessagePage,
  MessageQuery,
  ScheduledList,
  ScheduledPage,
} from "./requests/messages.ts";
import type { NodeView } from "./requests/nodes.ts";
import type { Part, Place } from "./requests/place.ts";
import type {
  BatchResult,
  PublishBatchRequest,
  Published,
  PublishRequest,
  Scheduled,
  ScheduleRequest,
} from "./requests/publish.ts";
import type {
  CheckSchema,
  DiffSchemas,
  SchemaChecked,
  SchemasDiffer,
  SchemaUpdated,
  UpdateSchema,
} from "./requests/schemas.ts";
import type {
  CreateSubscription,
  DeletedSubscription,
  DeleteSubscription,
  SubscriptionView,
  UpdatedSubscription,
  UpdateSubscription,
} from "./requests/subscriptions.ts";
import type {
  CreateTopic,
  DeletedTopic,
  DeleteTopic,
  DescribedTopic,
  ImportTopic,
  TopicView,
  UpdatedTopic,
  UpdateTopic,
} from "./requests/topics.ts";

/** What the use cases need; everything with an effect is handed in. */
export interface BrokerDeps {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly post: Post;
  readonly checkEndpoint: CheckEndpoint;
  /** Says why an endpoint's text can never be pushed to (not a URL, wrong scheme, forbidden address), or `undefined`. */
  readonly endpointProblem: (endpoint: string) => string | undefined;
  readonly compileSchema: CompileSchema;
  /** What connectors read from. */
  readonly sources: Readonly<Record<ConnectorKind, Source>>;
  readonly newId: () => string;
  /** In [0, 1): for jitter. */
  readonly random: () => number;
  readonly observer: Observer;
  /** This node's name, as the other nodes know it; shown as `owner`. */
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
  describeTopic(name: string): Promise<DescribedTopic>;
  /** Topics that the storage has for clients of its own, and that `importTopic` takes. */
  importableTopics(): Promise<readonly Adoptable[]>;
  importTopic(request: ImportTopic): Promise<TopicView>;
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
  /** Checks everything first; its topics, and then the connector, are durable when it answers. The work begins by itself. */
  createConnector(request: CreateConnector): Promise<ConnectorView>;
  listConnectors(): Promise<readonly ConnectorView[]>;
  describeConnector(name: string): Promise<ConnectorView>;
  updateConnector(name: string, request: UpdateConnector): Promise<UpdatedConnector>;
  deleteConnector(name: string, request: DeleteConnector): Promise<DeletedConnector>;
  pauseConnector(name: string): Promise<ConnectorView>;
  resumeConnector(name: string): Promise<ConnectorView>;
  restartConnector(name: string, request: RestartConnector): Promise<ConnectorView>;
  checkConnector(wish: ConnectorWish): Promise<ConnectorChecked>;
  connectorTables(database: DatabaseAddress): Promise<readonly SourceTable[]>;
  status(): Promise<BrokerView>;
  /** Ascending by id. */
  nodes(): readonly NodeView[];
  /** Fails with `no_cluster` where the storage is none; so do the next two. */
  describeCluster(): Promise<ClusterView>;
  listGroups(page: GroupPage): Promise<GroupPageView>;
  describeGroup(name: string): Promise<GroupView>;
  /** Where a call is to be done; as this node knows it now. */
  placeOf(part: Part): Place;
  /** Resolves once this node knows of everything that any node has acknowledged. */
  caughtUp(): Promise<void>;
  /** The lag of every subscription, at most a second old: for metrics. Empty while the storage is out of reach. */
  snapshot(): Promise<readonly LagView[]>;
  /** Begins to own and to push. */
  start(): Promise<void>;
  /** Starts no push any more, waits at most `drainMs` for those in flight, commits. The engine stays open. */
  stop(drainMs: number): Promise<void>;
  /** For tests: resolves when nothing is in flight and nothing can be sent before time passes or something new arrives. */
  idle(): Promise<void>;
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

export interface BrokerView {
  readonly engine: EngineStatus & { readonly name: Capabilities["engine"] };
  readonly node: string;
  readonly nodes: number;
  readonly startedAtMs: number;
  readonly uptimeMs: number;
  readonly topics: number;
  readonly subscriptions: { readonly active: number; readonly paused: number; readonly degraded: number };
  /** The first hundred by name. */
  readonly degraded: readonly { readonly subscription: string; readonly reason: string | null }[];
  readonly connectors: ConnectorsStatus;
  readonly lag: number | null;
  readonly parked: number | null;
  readonly deadLetters: number | null;
}

export interface ConnectorsStatus {
  readonly active: number;
  readonly paused: number;
  /** Those that try again by themselves, too. */
  readonly degraded: number;
  readonly failed: number;
  /** Deleted, with a slot that could not be removed yet. */
  readonly removing: number;
  /** The first hundred by name. */
  readonly unwell: readonly {
    readonly connector: string;
    /** One that works, or is paused, is here for its warnings. */
    readonly status: ConnectorStatus | "removing";
    /** `null`: nobody has said. */
    readonly reason: string | null;
  }[];
}
