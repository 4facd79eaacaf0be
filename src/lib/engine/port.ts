import type { ClusterState } from "../domain/cluster.ts";
import type { ConsumerGroup, GroupEntry, GroupList } from "../domain/consumer-group.ts";
import type { Cursor, OffsetRange } from "../domain/cursor.ts";
import { KBrokerError } from "../domain/error.ts";
import type { Layout, LayoutWish } from "../domain/layout.ts";
import type { Message, StoredMessage } from "../domain/message.ts";
import type { NodeInfo } from "../domain/node.ts";

/**
 * What the broker asks of storage. Domain types in, domain types out; no engine's own type crosses it. Each comment is a
 * promise that every engine keeps and that `test/conformance/engine.ts` checks. "Durable" means: survives kill -9 and a
 * power cut the moment after (the memory engine: survives `reopen` in its tests).
 */
export interface Engine {
  readonly capabilities: Capabilities;
  readonly catalog: Catalog;
  readonly log: Log;
  readonly owners: Owners;
  readonly cursors: Cursors;
  readonly parked: Parked;
  readonly reports: Reports;
  readonly schedules: Schedules;
  readonly nodes: Nodes;
  /** Where topics have partitions and replicas that somebody may choose; `null`: a topic lies as the engine has it. */
  readonly layouts: Layouts | null;
  /** The cluster that the storage is; `null`: it is none. */
  readonly cluster: Cluster | null;
  /** What an operator should see of the engine; cheap, never a scan. */
  status(): Promise<EngineStatus>;
  /** Releases what is owned, makes durable what was accepted, lets go of the storage. Calling it twice is fine. */
  close(): Promise<void>;
}

/** Declared differences between engines; nobody asks for an engine's name. */
export interface Capabilities {
  readonly engine: "memory" | "embedded" | "kafka";
  /** `duplicate: true` in the answer to a publish is exact, and a repeat is not stored. */
  readonly exactDuplicates: boolean;
  /** What was acknowledged survives the process. */
  readonly durable: boolean;
  /** Whose time records get: that of the clock which the engine was given, or the storage's own. */
  readonly recordTime: "clock" | "storage";
}

export interface EngineStatus {
  /** Where the data lies, in words for an operator (a directory, a cluster). */
  readonly location: string;
  /** `null`: not known. */
  readonly storedBytes: number | null;
  readonly freeBytes: number | null;
  /** Caller-given ids remembered for deduplication, and whether the limit cut the window short. */
  readonly rememberedIds: number;
  readonly rememberedIdsMax: number;
  /** Messages of all topics that wait for their time; `null`: not known. */
  readonly scheduled: number | null;
  /** Set when the engine refuses new messages, with the reason in words. */
  readonly refusing: string | null;
}

// ── catalog ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `schema-version`: an earlier version of a topic's schema, named `<topic>@<version>`. */
export type DocumentKind = "topic" | "subscription" | "schema" | "schema-version" | "connector" | "job";

export interface CatalogDocument {
  readonly kind: DocumentKind;
  readonly name: string;
  /** Counts from 1 at each creation. */
  readonly version: number;
  /** A JSON value; equal to what was put. The engine keeps its own copy. */
  readonly value: unknown;
}

export interface CatalogChange {
  readonly kind: DocumentKind;
  readonly name: string;
  /** `undefined`: deleted. */
  readonly document: CatalogDocument | undefined;
}

/** Small versioned documents: what exists and how it is set. */
export interface Catalog {
  get(kind: DocumentKind, name: string): Promise<CatalogDocument | undefined>;
  /** All of a kind, ascending by name (UTF-16 order). */
  list(kind: DocumentKind): Promise<readonly CatalogDocument[]>;
  /**
   * Writes iff the current version is `expected` (0: there is none) and resolves with the stored document once it is durable and
   * this node's watchers were told. Otherwise fails with `version_conflict` and changes nothing: of writers that race, one wins.
   */
  put(kind: DocumentKind, name: string, value: unknown, expected: number): Promise<CatalogDocument>;
  /** Deletes iff the current version is `expected`, else `version_conflict`. Durable when it resolves. */
  delete(kind: DocumentKind, name: string, expected: number): Promise<void>;
  /** `tell` hears each change made from now on, of one document in order. Returns a function that stops it. */
  watch(tell: (change: CatalogChange) => void): () => void;
  /** Resolves once every change that was durable when it was called, on whichever node, was told to this node's watchers and is read here. */
  caughtUp(): Promise<void>;
}

// ── log ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One ordered, append-only part of a topic. The embedded engine has one a topic, Kafka one a partition. */
export interface Shard {
  /** The topic's id, not its name. */
  readonly topicId: string;
  readonly index: number;
}

export interface TopicSettings {
  /** Under which the storage's own clients find the topic. Left out: its id. */
  readonly name?: string;
}

export interface AppendOptions {
  /**
   * Set for messages whose id the caller gave: an id that the topic saw within the last `dedupeWindowMs` is not stored
   * again. The same bytes give `duplicate`, other bytes `conflict`. A repeat waits for a first append that is in flight; if
   * that one fails, the repeat is stored. What is remembered survives a restart, and nothing is remembered that was not stored.
   * All that where `exactDuplicates` is claimed. Elsewhere an engine does so as far as it knows; what it stores has its
   * `dedupeWindowMs`, so that the owners of subscriptions tell a repeat from a first.
   */
  readonly dedupeWindowMs?: number;
  /** Which records that is for, where it is not for all: the others are stored each time, and nothing is remembered of them. */
  readonly deduped?: (record: Message) => boolean;
  /**
   * Set for what the broker itself must write, such as dead letters: it may use the room that an engine keeps free on its disk
   * and in which it takes no publisher's message.
   */
  readonly reserved?: boolean;
}

export type Appended =
  | { readonly kind: "appended"; readonly shard: Shard; readonly offset: number; readonly timeMs: number }
  /** Position and time of the first. */
  | { readonly kind: "duplicate"; readonly shard: Shard; readonly offset: number; readonly timeMs: number }
  | { readonly kind: "conflict" };

/**
 * What an append came to of which a part failed: each record's place, or why it has none; after what passes (`engine_unavailable`) it may be
 * stored all the same. Whoever looks no further takes it for the failure that weighs most.
 */
export class AppendFailure extends KBrokerError {
  /** One a record, in their order. */
  readonly outcomes: readonly (Appended | KBrokerError)[];

  constructor(failure: KBrokerError, outcomes: readonly (Appended | KBrokerError)[]) {
    const { code, message, hint, problems, retryAfterS } = failure;
    super(code, message, { hint, problems, retryAfterS, cause: failure });
    this.outcomes = outcomes;
  }
}

export interface ReadLimits {
  readonly countMax: number;
  /** Of payloads; the first record is given whatever its size. */
  readonly bytesMax: number;
}

export interface ReadResult {
  /** Ascending. Offsets may have holes; a hole has nothing to deliver. */
  readonly records: readonly StoredMessage[];
  /** Where to read on. Every offset from the asked one up to here is in `records`, in `damaged`, or a hole. */
  readonly next: number;
  /** Offsets that were stored and cannot be read any more. Never guessed, never served wrong. */
  readonly damaged: readonly OffsetRange[];
}

export interface Bounds {
  /** The first offset that is still kept. */
  readonly start: number;
  /** The offset that the next record gets. Counts only what is durable. */
  readonly end: number;
}

/** The messages. Offsets start at 0, rise, and are never given twice, not even after a trim or a restart. */
export interface Log {
  /** Durable when it resolves. A topic that exists is left as it is. */
  createTopic(topicId: string, settings?: TopicSettings): Promise<void>;
  /** Its records, cursor-independent, are gone for good; its id is never used again. A topic that is not there is fine. */
  deleteTopic(topicId: string): Promise<void>;
  /** Ascending by index, from 0 on; more may be added while anybody reads, none goes. Fails with `topic_not_found` for a topic that was not created, like every call below. */
  shards(topicId: string): Promise<readonly Shard[]>;
  /**
   * Resolves, one result a record in the same order, once each would survive a power cut. All records of one key lie in one shard,
   * those without a key by their id, in the order in which they were appended. `timeMs` is the time of `recordTime`, but
   * never less than the shard's last. Fails with `overloaded` when too much waits to be made durable, with `disk_full` when there
   * is no room. After a failure nothing of the call is ever served where `exactDuplicates` is claimed. Elsewhere any of it may be stored, also
   * a moment after the failure: whoever appends it again may append it twice, and gives the ids by which that is told (`dedupeWindowMs`), or
   * looks for it first (`ParkedEntry.dying`). Where it is known that some records are stored, the failure is an `AppendFailure`.
   */
  append(topicId: string, records: readonly Message[], options?: AppendOptions): Promise<readonly Appended[]>;
  /**
   * From `from` on, up to the durable end. An offset below the start reads from the start (the gap is a hole). Times never go back from one
   * record of a shard to the next, but in a topic that was adopted (`Layouts.adopt`): there each record has the time that its writer gave it.
   */
  read(shard: Shard, from: number, limits: ReadLimits): Promise<ReadResult>;
  /** Resolves when the durable end is over `after`, at once if it is already, or when `signal` aborts. */
  changed(shard: Shard, after: number, signal: AbortSignal): Promise<void>;
  bounds(shard: Shard): Promise<Bounds>;
  /** The first offset whose record has a time at or after `timeMs`; the end if there is none. Cheap: not a scan of payloads. */
  offsetAt(shard: Shard, timeMs: number): Promise<number>;
  /** Records before `before` may go: `start` becomes at least `before` (never past the end), space is given back in time. */
  trim(shard: Shard, before: number): Promise<void>;
}

// ── layouts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A topic of the storage that is no topic of the engine's. */
export interface Adoptable {
  /** Under which it would be adopted. */
  readonly name: string;
  readonly partitions: number;
}

/** How a topic that was adopted is kept. */
export interface Adopted {
  /** Of the records of one key only the last is kept for good: one without a key is refused. */
  readonly isCompacted: boolean;
}

/** What only a storage has that keeps topics in partitions with replicas, for clients of its own, too. */
export interface Layouts {
  /**
   * As `Log.createTopic`, with a layout. What the storage refuses, or what the engine itself decides about each topic, fails with
   * `topic_refused` and leaves nothing behind.
   */
  createTopic(topicId: string, name: string, wish: LayoutWish): Promise<void>;
  /** Fails as `createTopic` would, as far as the storage tells before it does it; changes nothing. */
  tryTopic(name: string, wish: LayoutWish): Promise<void>;
  /** What a topic that belongs to this one shall have, so that its records are as safe. */
  wishLike(topicId: string): Promise<LayoutWish>;
  /** Of all of them at one look; those that are not there are left out. */
  of(topicIds: readonly string[]): Promise<ReadonlyMap<string, Layout>>;
  /** The settings that the topic was given in the storage and that are not the engine's own decision. */
  configs(topicId: string): Promise<Readonly<Record<string, string>>>;
  /**
   * From now on the topic has so many partitions; it is fine if it has. Durable when it resolves; every node uses them within seconds, and
   * from then on records of a key may lie in another shard than before. Fewer than there are: `topic_refused`. With `dryRun` it only
   * finds out whether that is possible.
   */
  setPartitions(topicId: string, count: number, options?: { readonly dryRun?: boolean }): Promise<void>;
  /** What `adopt` takes, ascending by name. */
  adoptable(): Promise<readonly Adoptable[]>;
  /**
   * A topic of the storage becomes this topic, with all that is in it; the storage's own settings of it stay, and `Log.deleteTopic` lets go of it
   * without touching it. Fails with `topic_not_found` where the storage has none of that name, with `topic_refused` for one that is somebody's
   * own. The caller never trims it.
   */
  adopt(topicId: string, name: string): Promise<Adopted>;
}

// ── owners ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A node's hold on something that must have one owner (a subscription's id). A later hold on it has a higher epoch. */
export interface Ownership {
  readonly resource: string;
  readonly epoch: number;
}

export interface OwnerHandler {
  /** The hold begins. The engine waits for it before it takes the resource away again. */
  acquired(ownership: Ownership): Promise<void>;
  /** Asked to let go: stop, drain for a bounded time, commit. The engine waits, then lets the next owner in. */
  released(ownership: Ownership): Promise<void>;
  /** The hold is gone already: every commit under it fails from now on. Stop at once and commit nothing. */
  lost(ownership: Ownership): void;
}

/** Who does what must be done once. Epochs rise over restarts, too. */
export interface Owners {
  /** One handler an engine, given before anything is wanted. */
  handle(handler: OwnerHandler): void;
  /** This resource shall have an owner from now on. Wanting it twice is wanting it once. */
  want(resource: string): Promise<void>;
  /** It shall have none. Resolves once a local owner has let go. */
  unwant(resource: string): Promise<void>;
  /**
   * Asked before something begins that nobody can take back, such as a push: a node that stood still for a while is told by nobody that it was
   * superseded meanwhile. `undefined` where it is known that nobody had taken the resource a second ago, or later. Else resolves once that is
   * known anew; fails with `epoch_stale` for a hold that has been superseded or let go of, with `engine_unavailable` where it cannot be known.
   */
  confirm(ownership: Ownership): Promise<void> | undefined;
  /**
   * This node owns nothing any more, whatever is wanted: it lets go of everything, and another node may take each resource as soon as it
   * was let go of. Resolves once all were. `close` begins with it.
   */
  leave(): Promise<void>;
}

// ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Who works on this storage, as this node knows it now; cheap. */
export interface Nodes {
  /** Ascending by id, this one among them. */
  list(): readonly NodeInfo[];
  /** The node that owns the resource, or is to own it next; `undefined`: nobody, or not known yet. */
  ownerOf(resource: string): NodeInfo | undefined;
}

// ── cluster ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What an operator sees of the cluster that the storage is. Asked anew each time, and answered within some seconds also while brokers of it
 * are away: what they do not tell is not known, or named. Fails with `engine_unavailable` where nobody answers, with `engine_denied` where
 * the broker may not ask.
 */
export interface Cluster {
  describe(): Promise<ClusterState>;
  groups(): Promise<GroupList>;
  /** The same ones, with their members and positions; costs a few requests a broker, however many they are. */
  look(groups: readonly GroupEntry[]): Promise<readonly ConsumerGroup[]>;
  /** `undefined`: there is none. */
  group(name: string): Promise<ConsumerGroup | undefined>;
  /** The group of a resource that the broker owns, or is to own. */
  groupOf(resource: string): string;
}

// ── cursors and parked messages ──────────────────────────────────────────────────────────────────────────────────────

export interface ShardCursor {
  readonly shard: Shard;
  readonly cursor: Cursor;
}

export interface CursorSettings {
  /** Under which the storage's own tools find the subscription. Left out: its id. */
  readonly name?: string;
}

/** Where each subscription stands. The resource of an ownership is the subscription's id. */
export interface Cursors {
  /** Sets where a subscription that nobody has owned yet starts. Durable when it resolves. */
  init(subscriptionId: string, cursors: readonly ShardCursor[], settings?: CursorSettings): Promise<void>;
  /** What was last committed, for each shard that has a commit. Anyone may read it. */
  load(subscriptionId: string): Promise<readonly ShardCursor[]>;
  /**
   * Durable when it resolves, all or none. `unpark` removes these parked entries with the cursors or after them, never before.
   * Fails with `epoch_stale` for a hold that has been superseded, and then changes nothing.
   */
  commit(ownership: Ownership, cursors: readonly ShardCursor[], unpark?: readonly Source[]): Promise<void>;
  /** Forgets cursors, parked entries and the report of a subscription that is no longer owned; every hold on it that there was is superseded. */
  forget(subscriptionId: string): Promise<void>;
}

/** Where a message lies. */
export interface Source {
  readonly shard: Shard;
  readonly offset: number;
}

/** A message whose delivery failed and that waits for its next attempt: a pointer, the body is read again when due. */
export interface ParkedEntry {
  readonly source: Source;
  readonly generation: number;
  /** Of the message, so that its age and its expiry are known without reading it. */
  readonly publishTimeMs: number;
  /** Deliveries so far, from 1. */
  readonly attempts: number;
  /** Failed deliveries that count toward the dead letter topic. */
  readonly strikes: number;
  /** Wall time of the next attempt. */
  readonly dueMs: number;
  readonly firstFailureMs: number;
  readonly lastFailureMs: number;
  /** The last answer's status; `null` when there was none. */
  readonly lastStatus: number | null;
  /** The last failure, in words. */
  readonly reason: string;
  /**
   * Set once the verdict is "dead letter": where each shard of the dead letter topic ended before the append. After a crash the
   * owner looks from there on whether the append happened, so that it happens once.
   */
  readonly dying?: { readonly errorClass: string; readonly ends: readonly Source[] };
  /**
   * What the subscription's endpoint had done until this message's last attempt (attempts and acknowledgements, both ever rising), so
   * that it is known whether it served others since.
   */
  readonly endpointThen?: { readonly attempts: number; readonly acks: number };
  /** Set by the move to this generation: the message comes again by itself, the entry only waits for an undo and counts as nothing. */
  readonly suspendedBy?: number;
  /** It was parked before the last rewind already, and not acknowledged: where its replay fails, an undo leaves it waiting. */
  readonly waitedBefore?: boolean;
  /**
   * Set where `source` lies in the dead letter topic: the message is there with all that it was. `setAside`: it was redriven too often and
   * waits for nobody; it is only counted.
   */
  readonly redrive?: { readonly count: number; readonly setAside?: boolean };
}

export interface Parked {
  /** Every entry of the subscription, in no order. */
  load(ownership: Ownership): Promise<readonly ParkedEntry[]>;
  /** Durable when it resolves, all or none. The key is the source: parking twice is one entry, the later one. `epoch_stale` as in `commit`. */
  put(ownership: Ownership, entries: readonly ParkedEntry[]): Promise<void>;
}

// ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the owner of a resource told last. */
export interface Report {
  /** A JSON value; equal to what was reported. */
  readonly value: unknown;
  /** Wall time of the report, so that a reader knows its age. */
  readonly atMs: number;
  /** Of the hold under which it was made. */
  readonly epoch: number;
}

/** What owners tell of what they own, at most about once a second: small, readable on every node, replaced by the next one. */
export interface Reports {
  /** Readers see it, and it is durable, when it resolves. Fails with `epoch_stale` for a hold that has been superseded, and then changes nothing. */
  report(ownership: Ownership, value: unknown): Promise<void>;
  /** The last one, whoever asks and whoever made it; `undefined` where there is none. `Cursors.forget` forgets it, too. */
  read(resource: string): Promise<Report | undefined>;
}

// ── schedules ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A whole message that is to be published later. In a topic at most one with its id waits. */
export interface ScheduledMessage {
  readonly topicId: string;
  /** The topic's name: for people, also when the topic is gone. */
  readonly topic: string;
  readonly message: Message;
  readonly scheduledAtMs: number;
  /** The wall time at which it is to be published. */
  readonly dueMs: number;
}

/** Tells a scheduled message from every other one, and from one that was scheduled under its id before or after it. */
export interface ScheduledKey {
  readonly topicId: string;
  readonly id: string;
  readonly dueMs: number;
}

export type ScheduledPut =
  | { readonly kind: "put" }
  /** One with this id waits in the topic already; it stays as it is. */
  | { readonly kind: "exists"; readonly first: ScheduledMessage };

export interface DueMessages {
  /** By due time, the earliest first. */
  readonly messages: readonly ScheduledMessage[];
  /** When the first one behind them is due, asked for or not; `undefined`: none waits. */
  readonly nextMs: number | undefined;
}

/** Every resource of schedules begins like this; no id of a subscription does. */
export const SCHEDULES_PREFIX = "schedules/";

/**
 * Messages that wait for their time. They are divided over one or more resources, each of which is owned like a subscription; its owner
 * appends what is due under the same id and removes it afterwards: a crash between the two repeats the id, and loses nothing. However
 * many wait, opening the engine takes no longer, and what is in them takes no memory.
 */
export interface Schedules {
  /** What has to be owned so that everything becomes due somewhere. */
  resources(): Promise<readonly string[]>;
  /** The one of them under which this message is due. */
  resourceOf(topicId: string, id: string): string;
  /** Anyone may put. Durable when it resolves. Fails with `disk_full` and `overloaded` like an append. */
  put(scheduled: ScheduledMessage): Promise<ScheduledPut>;
  find(topicId: string, id: string): Promise<ScheduledMessage | undefined>;
  /** Those of a topic by due time, then in an order that does not change; behind `after` where that is given. Empty: there are no more. */
  list(topicId: string, limits: ReadLimits, after?: ScheduledKey): Promise<readonly ScheduledMessage[]>;
  /** Those of the resource that are due at `untilMs`, as many as the limits allow. `epoch_stale` as in `commit` of cursors. */
  due(ownership: Ownership, untilMs: number, limits: ReadLimits): Promise<DueMessages>;
  /**
   * Published or cancelled: durable when it resolves, all or none. Those that are not there (any more) are passed over. Fails with
   * `epoch_stale` for a hold that has been superseded, and then changes nothing.
   */
  remove(ownership: Ownership, keys: readonly ScheduledKey[]): Promise<void>;
  /** How many wait in the topic, without counting them; `null`: not known. */
  count(topicId: string): Promise<number | null>;
  /** Forgets all of a topic that is gone. May be done in parts: after a crash in the middle, again. */
  forget(topicId: string): Promise<void>;
}
