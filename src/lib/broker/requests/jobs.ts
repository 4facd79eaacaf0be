import type { Job, JobState, MoveJob } from "../../domain/job.ts";

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
