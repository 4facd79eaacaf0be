import type { StoredMessage } from "../../domain/message.ts";
import type { CatalogDocument, ParkedEntry, Report, ScheduledMessage, ShardCursor } from "../port.ts";

export interface StoredTopic {
  /** What is still kept: the record at index `i` has offset `start + i`. */
  records: StoredMessage[];
  start: number;
  end: number;
  /** Outlives the record that had it, so that time does not go back after a trim. */
  lastTimeMs: number;
  /** Caller-given ids, oldest first, with the record that each stands for. */
  readonly remembered: Map<string, StoredMessage>;
}

/** Everything that outlives an engine: hand it to the next one and that is a restart. */
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
