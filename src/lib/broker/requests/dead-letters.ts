import type { WrittenFilter } from "../../domain/dead-letter-filter.ts";
import type { RedriveJob } from "../../domain/job.ts";
import type { StoredMessage } from "../../domain/message.ts";

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
