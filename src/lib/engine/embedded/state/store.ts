import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Database, type Key, open, type RootDatabase } from "lmdb";
import type { Cursor } from "../../../domain/cursor.ts";
import { KBrokerError } from "../../../domain/error.ts";
import type { DocumentKind, ParkedEntry, Report } from "../../port.ts";
import type { FailStop } from "../fault.ts";
import type { JournalPosition } from "../journal/recover.ts";
import type { TopicRecord } from "../topic-log.ts";
import { checkStateFile, STATE_PAGE_BYTES } from "./check-file.ts";

/** Everything beside the messages. It holds nothing that the journal contradicts. Once closed, all of it is `broker_stopping`. */
export interface StateStore extends StateDatabases {
  /** All or none of what `work` writes; durable when it resolves. A failure is the end: see `FailStop`. */
  commit(work: (write: StateWrites) => void): Promise<void>;
  /** Its size on disk. */
  bytes(): Promise<number>;
  close(): Promise<void>;
}

interface StateDatabases {
  readonly journal: Database<JournalPosition, "through">;
  readonly topics: Database<TopicRecord, string>;
  readonly catalog: Database<StoredDocument, [kind: DocumentKind, name: string]>;
  readonly epochs: Database<number, string>;
  readonly cursors: Database<Cursor, PositionKey>;
  readonly parked: Database<ParkedEntry, ParkedKey>;
  readonly reports: Database<Report, string>;
  readonly ids: Database<RememberedId, string>;
  readonly idOrder: Database<IdInOrder, number>;
  /** Scheduled messages, whole: those of a topic by due time. */
  readonly scheduled: Database<Uint8Array, ScheduledPlace>;
  /** The same by due time over all topics. */
  readonly scheduledDue: Database<true, [dueMs: number, topicId: string, id: string]>;
  /** When the message that waits under an id is due. */
  readonly scheduledIds: Database<number, [topicId: string, id: string]>;
  /** How many wait in a topic. */
  readonly scheduledCounts: Database<number, string>;
}

export interface StateWrites {
  put<V, K extends Key>(database: Database<V, K>, key: K, value: V): void;
  remove<V, K extends Key>(database: Database<V, K>, key: K): void;
}

export interface StoredDocument {
  readonly version: number;
  readonly value: unknown;
}

export type PositionKey = [subscriptionId: string, topicId: string, shard: number];
export type ParkedKey = [subscriptionId: string, topicId: string, shard: number, offset: number];

/** `id` as `idText` gives it. */
export type ScheduledPlace = [topicId: string, dueMs: number, id: string];

/** What is known of a message whose id the caller gave. */
export interface RememberedId {
  readonly offset: number;
  readonly timeMs: number;
  /** How long it is remembered, from `timeMs`. */
  readonly windowMs: number;
  /** SHA-256 of the payload, base64. */
  readonly digest: string;
}

/** The ids in the order in which they are forgotten. */
export interface IdInOrder {
  readonly key: string;
  readonly offset: number;
  readonly expiresMs: number;
}

const DATABASES_MAX = 16;

/** In a key, behind every text that a name or an id can be. */
export const BEHIND_ALL_TEXT = "\u{10ffff}\u{10ffff}";

/**
 * Without `overlappingSync` a resolved commit is durable and a reader sees nothing that is not. Without `eventTurnBatching` lmdb
 * makes no promise of its own: on a full disk nobody could handle its rejection.
 */
export async function openStateStore(path: string, failStop: FailStop): Promise<StateStore> {
  const dataFile = join(path, "data.mdb");
  await checkStateFile(dataFile);
  const root = open({
    path,
    overlappingSync: false,
    eventTurnBatching: false,
    pageSize: STATE_PAGE_BYTES,
    maxDbs: DATABASES_MAX,
    encoding: "json",
  });
  const writes: StateWrites = {
    put: (database, key, value) => void database.put(key, value),
    remove: (database, key) => void database.remove(key),
  };
  const databases = openDatabases(root);
  let closed = false;
  const use = <T>(database: T): T => {
    if (closed) throw new KBrokerError("broker_stopping", "The broker is stopping: its state is closed.");
    return database;
  };
  return {
    get journal() {
      return use(databases.journal);
    },
    get topics() {
      return use(databases.topics);
    },
    get catalog() {
      return use(databases.catalog);
    },
    get epochs() {
      return use(databases.epochs);
    },
    get cursors() {
      return use(databases.cursors);
    },
    get parked() {
      return use(databases.parked);
    },
    get reports() {
      return use(databases.reports);
    },
    get ids() {
      return use(databases.ids);
    },
    get idOrder() {
      return use(databases.idOrder);
    },
    get scheduled() {
      return use(databases.scheduled);
    },
    get scheduledDue() {
      return use(databases.scheduledDue);
    },
    get scheduledIds() {
      return use(databases.scheduledIds);
    },
    get scheduledCounts() {
      return use(databases.scheduledCounts);
    },
    commit: async (work) => commit(use(root), () => work(writes), failStop),
    bytes: async () => (await stat(dataFile)).size,
    close() {
      closed = true;
      return root.close();
    },
  };
}

function openDatabases(root: RootDatabase): StateDatabases {
  return {
    journal: root.openDB({ name: "journal", encoding: "json" }),
    topics: root.openDB({ name: "topics", encoding: "json" }),
    catalog: root.openDB({ name: "catalog", encoding: "json" }),
    epochs: root.openDB({ name: "epochs", encoding: "json" }),
    cursors: root.openDB({ name: "cursors", encoding: "json" }),
    parked: root.openDB({ name: "parked", encoding: "json" }),
    reports: root.openDB({ name: "reports", encoding: "json" }),
    ids: root.openDB({ name: "ids", encoding: "json" }),
    idOrder: root.openDB({ name: "id-order", encoding: "json" }),
    scheduled: root.openDB({ name: "scheduled", encoding: "binary" }),
    scheduledDue: root.openDB({ name: "scheduled-due", encoding: "json" }),
    scheduledIds: root.openDB({ name: "scheduled-ids", encoding: "json" }),
    scheduledCounts: root.openDB({ name: "scheduled-counts", encoding: "json" }),
  };
}

async function commit(root: RootDatabase, work: () => void, failStop: FailStop): Promise<void> {
  failStop.check();
  try {
    await root.batch(work);
  } catch (cause) {
    quieten(cause);
    throw failStop.fail("The state could not be committed", cause);
  }
}

/** lmdb hands the reason over as a second promise that rejects: nobody waits for it, as the commit itself has told. */
function quieten(cause: unknown): void {
  if (cause instanceof Error && "commitError" in cause && cause.commitError instanceof Promise) {
    cause.commitError.catch(() => undefined);
  }
}
