import { PARKED_MAX } from "../../domain/subscription.ts";

/** Every bound and period of delivery, for each subscription. Tests make them small. */
export interface DeliveryLimits {
  /** At this many parked messages only parked ones are tried; new ones wait in the log. */
  readonly parkedMax: number;
  /** So many settlements cause a commit at once. */
  readonly commitCount: number;
  /** Dirty cursors are looked for this often: with the commit itself they are durable within 500 ms. */
  readonly commitPeriodMs: number;
  /** What is known of an endpoint is written this often at most, where it changed. */
  readonly reportPeriodMs: number;
  /** What other nodes are told is told again after so long at most, though it is the same: older than 75 s they do not believe it. */
  readonly toldAgainMs: number;
  /** At this many messages that a crash would bring again (in flight, or settled and not committed) nothing new is pushed. */
  readonly uncommittedMax: number;
  /** One read of the log; the next one starts when half of it is left. */
  readonly readCountMax: number;
  readonly readBytesMax: number;
  /** Failed deliveries made durable in one write. */
  readonly parkBatchMax: number;
  /** Dead letters written in one append. */
  readonly burialBatchMax: number;
  /** Dead letters parked in one write, so that a job that is cancelled ends soon. */
  readonly redriveBatchMax: number;
  /** How often a redrive looks whether there is room again among the parked messages; it takes at most half of it. */
  readonly redriveLookMs: number;
  /** A redrive says at most this often how far it is. */
  readonly redriveTellMs: number;
  /** Gaps among the dead letters that are settled: each redrive or purge of some and not others leaves them. */
  readonly letterRangesMax: number;
  /** Ids that a node remembers to tell repeats by, over all subscriptions; only where the engine may store repeats. */
  readonly rememberedIdsMax: number;
  /** What failed inside (a read, a park, a commit) is tried again after this. */
  readonly retryMs: number;
  /** The same for an append to a dead letter topic, doubling up to `burialRetryMsMax`. */
  readonly burialRetryMsMax: number;
  /** How often messages are looked for that expire where nothing is pushed. */
  readonly sweepPeriodMs: number;
  /** Parked messages given up in one such look. */
  readonly sweepCountMax: number;
  /** What is in flight when the engine asks to let go has this long. */
  readonly releaseDrainMs: number;
}

export const LIMITS: DeliveryLimits = {
  parkedMax: PARKED_MAX,
  commitCount: 1_000,
  commitPeriodMs: 250,
  reportPeriodMs: 1_000,
  toldAgainMs: 30_000,
  uncommittedMax: 5_000,
  readCountMax: 512,
  readBytesMax: 262_144,
  parkBatchMax: 256,
  burialBatchMax: 64,
  redriveBatchMax: 256,
  redriveLookMs: 250,
  redriveTellMs: 1_000,
  letterRangesMax: 20_000,
  rememberedIdsMax: 1_000_000,
  retryMs: 1_000,
  burialRetryMsMax: 30_000,
  sweepPeriodMs: 10_000,
  sweepCountMax: 1_000,
  releaseDrainMs: 20_000,
};
