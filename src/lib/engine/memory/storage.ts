import type { StoredMessage } from "../../domain/message.ts";
import type { CatalogDocument, ParkedEntry, Report, ScheduledMessage, ShardCursor } from "../port.ts";

export interface StoredShard {
  /** What is still kept: the record at index `i` has offset `start + i`. */
  records: StoredMessage[];
  start: number;
  end: number;
  /** Outlives the record that had it, so that time does not go back after a trim. */
  lastTimeMs: number;
}

/** What an id stands for. */
export interface Remembered {
  /** Index of the shard. */
  readonly shard: number;
  readonly record: StoredMessage;
}

/** Caller-given ids of a topic, oldest first. */
export type RememberedIds = Map<string, Remembered>;

export interface StoredTopic {
  /** At least one; more may come, none goes. */
  readonly shards: StoredShard[];
  readonly remembered: RememberedIds;
}

export function emptyShards(count: number): StoredShard[] {
  return Array.from({ length: count }, () => ({ records: [], start: 0, end: 0, lastTimeMs: 0 }));
}

/** Everything that outlives an engine: hand it to the next one and that is a restart */
export interface MemoryStorage {
  /** By `documentKey`. */
  readonly documents: Map<string, CatalogDocument>;
  /** By topic id. */
  readonly topics: Map<string, StoredTopic>;
  /** The last epoch of each resource. */
  readonly epochs: Map<string, number>;
  /** By subscription id, then by shard. */
  readonly cursors: Map<string, ReadonlyMap<string, ShardCursor>>;
  /** By subscription id, then by source. */
  readonly parked: Map<string, ReadonlyMap<string, ParkedEntry>>;
  /** The last of each resource. */
  readonly reports: Map<string, Report>;
  /** By topic id, then by message id. */
  readonly schedules: Map<string, Map<string, ScheduledMessage>>;
}

export function memoryStorage(): MemoryStorage {
  return {
    documents: new Map(),
    topics: new Map(),
    epochs: new Map(),
    cursors: new Map(),
    parked: new Map(),
    reports: new Map(),
    schedules: new Map(),
  };
}
