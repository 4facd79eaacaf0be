/** Handed in wherever time matters, so that tests move it by hand. */
export interface Clock {
  /** Wall time, in milliseconds since the epoch: for publish and due times. May jump. */
  now(): number;
  /** Milliseconds since an unspecified start; never goes back: for waits, timeouts and rates. */
  monotonic(): number;
  /** Resolves after `delayMs` of monotonic time, or at once when `signal` aborts. Never rejects. */
  after(delayMs: number, signal?: AbortSignal): Promise<void>;
}
