/** `running` until it ended as one of the others. */
export const JOB_STATES = ["running", "done", "cancelled", "failed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** So many ended jobs are kept, the latest; one that a subscription's last move was is kept beyond that. */
export const ENDED_JOBS_MAX = 1_000;
/** And none for longer. */
export const ENDED_JOB_MS_MAX = 7 * 24 * 3_600_000;
/** A rewind or skip can be undone until the next one, and no longer than this. */
export const UNDO_MS_MAX = 24 * 3_600_000;
/** The fastest that a job may be asked to go; whoever wants it faster leaves the rate out. */
export const JOB_RATE_PER_S_MAX = 100_000;

/** What an operator orders and the owner of a subscription carries out; one at a time for each subscription. What every job has. The catalog's document of kind `job`, named by its id. */
export interface JobHead {
  /** Given by the caller or made. Ordering the same id again is answered with the job that is there. */
  readonly id: string;
  readonly state: JobState;
  readonly subscription: string;
  readonly subscriptionId: string;
  /** What was asked for, as text: an id that comes again with another wish is refused. */
  readonly wish: string;
  /** Of the node that ordered it: only that one knows whether it is still at it. Left out: written by an earlier version. */
  readonly node?: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Why it failed, in words. */
  readonly error: string | null;
}

export interface ShardOffset {
  readonly shard: number;
  readonly offset: number;
}

/** Where a subscription stood in one shard, encoded (`cursor-codec.ts`). */
export interface SavedCursor {
  readonly shard: number;
  readonly cursor: string;
}

/** Messages of one shard that were settled before a rewind brought them back: pushed again, they say so. */
export interface Replay {
  readonly shard: number;
  readonly from: number;
  readonly to: number;
  /** The rewind. */
  readonly job: string;
}

export interface UndoneMove {
  readonly job: string;
  readonly kind: "rewind" | "skip";
  readonly generation: number;
  readonly saved: readonly SavedCursor[];
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
  /** Where it stood, in time: before a rewind the newest message that was settled, before a skip the oldest that was not. */
  readonly fromMs: number;
  /** The time that was asked for, after clamping; of an undo: where the job undone came from. */
  readonly toMs: number;
  /** The time asked for lies before the oldest message that is kept. */
  readonly clamped: boolean;
  /** Of an undo: those of the job undone. */
  readonly targets: readonly ShardOffset[];
  /** What an undo takes back; it is carried along, so that an undo depends on no other document. */
  readonly undone: UndoneMove | null;
  /** Replays are pushed at most this fast; `null`: as fast as anything else. */
  readonly ratePerS: number | null;
  /** The replays that an earlier rewind had left, of an undo: those before the job undone. */
  readonly inherited: readonly Replay[];
  /** Set by the owner before it moves: each shard's cursor as it was, for the undo. */
  readonly saved: readonly SavedCursor[] | null;
  /** Set with `saved`: what is pushed again from then on and says so. */
  readonly replays: readonly Replay[];
  /** Set with `saved`: messages that will be delivered again (rewind), never (skip), or after all (undo), counted exactly. */
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
  readonly saved: readonly SavedCursor[];
  readonly matched: number;
  /** Of these, those that were set aside then. Left out: none. */
  readonly asideMatched?: number;
  readonly redriven: number;
}

export type Job = MoveJob | RedriveJob;

export function isMove(job: Job): job is MoveJob {
  return job.kind !== "redrive";
}
