/** What an operator orders and the owner of a subscription carries out; one at a time for each subscription. */
export type JobKind = "rewind" | "skip" | "undo" | "redrive";
/** `running` until it ended as one of the others. */
export type JobState = "running" | "done" | "cancelled" | "failed";

/** What every job has. The catalog's document of kind `job`, named by its id. */
interface JobHead {
  /** Given by the caller or made. Ordering the same id again is answered with the job that is there. */
  readonly id: string;
  readonly state: JobState;
  readonly subscription: string;
  readonly subscriptionId: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Why it failed, in words. */
  readonly error: string | null;
}

export interface ShardOffset {
  readonly shard: number;
  readonly offset: number;
}

/**
 * A change of position. The job is written first, then the subscription takes its `generation` (from then on it will happen), then
 * the owner moves each shard's cursor and commits it under the new generation: a crash at any point leaves either nothing or a rest
 * that the next owner does again with the same result.
 */
export interface MoveJob extends JobHead {
  readonly kind: "rewind" | "skip" | "undo";
  /** The subscription's generation once the move is ordered. */
  readonly generation: number;
  /** The time that was asked for, after clamping; of an undo: that of the job undone. */
  readonly toMs: number;
  readonly targets: readonly ShardOffset[];
  /** The job that an undo takes back. */
  readonly undoes: string | null;
  /** Replays are pushed at most this fast; `null`: as fast as anything else. */
  readonly ratePerS: number | null;
  /** Set by the owner before it moves: each shard's encoded cursor as it was (`cursor-codec.ts`), for the undo. */
  readonly saved: readonly { readonly shard: number; readonly cursor: string }[] | null;
  /** Set by the owner: messages that will be delivered again (or are skipped), counted exactly. */
  readonly messages: number | null;
}

/** What of the dead letters is meant. All that are given must hold. */
export interface DeadLetterFilter {
  /** Part of the reason, whatever its case. */
  readonly reason?: string;
  readonly class?: string;
  readonly status?: number;
  /** The message's `event-type`. */
  readonly type?: string;
  /** Given up at or after this time. */
  readonly sinceMs?: number;
}

/** Dead letters delivered once more to their own subscription: each is parked, due now, and then settled in the dead letter topic. */
export interface RedriveJob extends JobHead {
  readonly kind: "redrive";
  readonly filter: DeadLetterFilter;
  readonly includeSetAside: boolean;
  readonly ratePerS: number | null;
  readonly countMax: number | null;
  /** Where each shard of the dead letter topic ended when it was ordered: what dies later is not this job's. */
  readonly ends: readonly ShardOffset[];
  /** Where the subscription stood in the dead letter topic then, encoded, so that after a crash nothing is counted twice. */
  readonly saved: readonly { readonly shard: number; readonly cursor: string }[];
  readonly matched: number;
  readonly redriven: number;
}

export type Job = MoveJob | RedriveJob;
