const BUCKET_MS = 1_000;
/** 30 s. */
const BUCKETS = 30;

const OUTCOMES_MIN = 10;
const MESSAGES_MIN = 3;
const FAILED_SHARE = 0.7;
const ROW_MAX = 5;
const CONNECTION_ROW_MAX = 3;

/** What enough failures mean: nobody is there, or somebody is and fails. */
export type Trip = "unreachable" | "failing";

/** The last outcomes of one subscription; times are monotonic milliseconds. */
export interface RecentOutcomes {
  /** Acknowledged, or answered with a verdict on the message: the endpoint does its work. */
  good(messageId: string, nowMs: number): void;
  /** Says whether these were too many: 10 outcomes over 3 messages in 30 s with 70 % failed, 5 failures in a row over 3 messages, or 3 connection-level ones in a row. */
  failed(messageId: string, isConnection: boolean, nowMs: number): Trip | undefined;
}

interface Bucket {
  good: number;
  failed: number;
  /** Of different messages, as many as it takes. */
  readonly ids: string[];
}

/** One bucket a second: a good outcome costs a look at two numbers, whatever the rate. */
export function recentOutcomes(): RecentOutcomes {
  const buckets: Bucket[] = Array.from({ length: BUCKETS }, () => ({ good: 0, failed: 0, ids: [] }));
  let newest = 0;
  let connectionRow = 0;
  let row = 0;
  let rowIds: string[] = [];

  function bucketAt(nowMs: number): Bucket {
    const second = Math.floor(nowMs / BUCKET_MS);
    for (let empty = Math.max(newest + 1, second - BUCKETS + 1); empty <= second; empty += 1) clear(at(buckets, empty));
    newest = Math.max(newest, second);
    return at(buckets, newest);
  }

  /** Only a failure can bring it about, so only then it is looked at. */
  function isMostlyFailed(): boolean {
    let [good, failed] = [0, 0];
    const ids: string[] = [];
    for (const bucket of buckets) {
      good += bucket.good;
      failed += bucket.failed;
      for (const id of bucket.ids) remember(ids, id);
    }
    return good + failed >= OUTCOMES_MIN && ids.length >= MESSAGES_MIN && failed >= (good + failed) * FAILED_SHARE;
  }

  return {
    good(messageId, nowMs) {
      const bucket = bucketAt(nowMs);
      bucket.good += 1;
      remember(bucket.ids, messageId);
      if (row === 0) return;
      row = 0;
      connectionRow = 0;
      rowIds = [];
    },
    failed(messageId, isConnection, nowMs) {
      const bucket = bucketAt(nowMs);
      bucket.failed += 1;
      remember(bucket.ids, messageId);
      row += 1;
      remember(rowIds, messageId);
      connectionRow = isConnection ? connectionRow + 1 : 0;
      if (connectionRow >= CONNECTION_ROW_MAX) return "unreachable";
      const inRow = row >= ROW_MAX && rowIds.length >= MESSAGES_MIN;
      return inRow || isMostlyFailed() ? "failing" : undefined;
    },
  };
}

function remember(ids: string[], id: string): void {
  if (ids.length < MESSAGES_MIN && !ids.includes(id)) ids.push(id);
}

function at(buckets: readonly Bucket[], second: number): Bucket {
  const bucket = buckets[second % BUCKETS];
  if (bucket === undefined) throw new RangeError(`There is no bucket for second ${second}.`);
  return bucket;
}

function clear(bucket: Bucket): void {
  bucket.good = 0;
  bucket.failed = 0;
  bucket.ids.length = 0;
}
