const BUCKET_MS = 1_000;
const BUCKETS = 60;

/** Counts what happens and says how often it did lately. Times are monotonic milliseconds. */
export interface RateMeter {
  add(count: number, nowMs: number): void;
  /** Per second over the last 60 s, or since the meter began if that is less; over one second at least. */
  perS(nowMs: number): number;
}

/** One bucket a second: adding costs the same at any rate. */
export function rateMeter(startMs: number): RateMeter {
  const counts = new Float64Array(BUCKETS);
  let newest = bucketOf(startMs);

  function moveTo(nowMs: number): void {
    const bucket = bucketOf(nowMs);
    if (bucket - newest >= BUCKETS) counts.fill(0);
    else for (let empty = newest + 1; empty <= bucket; empty += 1) counts[empty % BUCKETS] = 0;
    newest = Math.max(newest, bucket);
  }

  return {
    add(count, nowMs) {
      moveTo(nowMs);
      const index = newest % BUCKETS;
      counts[index] = (counts[index] ?? 0) + count;
    },
    perS(nowMs) {
      moveTo(nowMs);
      const oldestMs = Math.max(startMs, (newest - BUCKETS + 1) * BUCKET_MS);
      const total = counts.reduce((sum, count) => sum + count, 0);
      return (total * 1_000) / Math.max(1_000, nowMs - oldestMs);
    },
  };
}

function bucketOf(ms: number): number {
  return Math.floor(ms / BUCKET_MS);
}
