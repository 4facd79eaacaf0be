/** One push to a consumer, as the dispatcher hands it to the outbox. */
export interface Push {
  readonly endpoint: string;
  /** Names and values in turn, as they go out: pairs would be taken apart again for each push. */
  readonly headers: string[];
  readonly body: Uint8Array;
  /** How long the consumer may take to answer. */
  readonly timeoutMs: number;
}

/**
 * What came of a push. `connection`: no byte of the request was sent (DNS, refused, TLS, connect timeout, forbidden address).
 * `unavailable`: it broke later, or the answer did not come in time. `answered`: a final status, whatever it is.
 */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly tookMs: number }
  | { readonly kind: "unavailable"; readonly reason: string; readonly tookMs: number }
  | { readonly kind: "connection"; readonly reason: string; readonly tookMs: number };

/** The one way out to consumers. Never rejects: whatever happens is an outcome. `signal` aborts it (then `unavailable`). */
export type Post = (push: Push, signal: AbortSignal) => Promise<Outcome>;

/** One `OPTIONS` request under the rules of a push; tells whether something answers there. */
export type CheckEndpoint = (endpoint: string) => Promise<Outcome>;
