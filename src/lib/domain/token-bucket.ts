/** What may happen at once after a pause: this long's worth. */
const BURST_S = 0.1;

/** Lets things happen at most so often. Time is monotonic. */
export interface TokenBucket {
  /** Takes one, if there is one. */
  take(nowMs: number): boolean;
  /** When there will be one. */
  nextMs(nowMs: number): number;
}

export function tokenBucket(perS: number, startMs: number): TokenBucket {
  const most = Math.max(1, perS * BURST_S);
  let tokens = 1;
  let atMs = startMs;

  function refill(nowMs: number): void {
    tokens = Math.min(most, tokens + (Math.max(0, nowMs - atMs) * perS) / 1_000);
    atMs = Math.max(atMs, nowMs);
  }

  return {
    take(nowMs) {
      refill(nowMs);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    nextMs(nowMs) {
      refill(nowMs);
      return tokens >= 1 ? nowMs : nowMs + Math.ceil(((1 - tokens) * 1_000) / perS);
    },
  };
}
