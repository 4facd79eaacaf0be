import type { KBrokerError } from "../../domain/error.ts";
import type { Attribute } from "../../domain/message.ts";

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
