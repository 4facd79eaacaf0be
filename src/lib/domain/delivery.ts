/** One push to a consumer, as the dispatcher hands it to the outbox. */
export interface Push {
  readonly endpoint: string;
  /** Names and values in turn, as they go out: pairs would be taken apart again for each push. */
  readonly headers: string[];
  readonly body: Uint8Array;
  /** How long the consumer may take to answer. */
  readonly timeoutMs: number;
}

/** What an answer other than 2XX says beside its status, each as it was received; left out where there is none. */
export interface AnswerDetails {
  /** `Retry-After`. */
  readonly retryAfter?: string;
  /** `X-KB-Result`. */
  readonly result?: string;
  /** The beginning of the body, as text. */
  readonly excerpt?: string;
}

/**
 * What came of a push. `connection`: no byte of the request was sent (DNS, refused, TLS, connect timeout, forbidden address).
 * `unavailable`: it broke later, or the answer did not come in time. `answered`: a final status, whatever it is.
 */
export type Outcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly tookMs: number;
      readonly details?: AnswerDetails;
    }
  | { readonly kind: "unavailable"; readonly reason: string; readonly tookMs: number }
  | {
      readonly kind: "connection";
      readonly reason: string;
      readonly tookMs: number;
      /** Where it stands in how the endpoint is set up: such a thing is mended by people, not within seconds. */
      readonly fault?: "dns" | "tls";
    };

/** The one way out to consumers. Never rejects: whatever happens is an outcome. `signal` aborts it (then `unavailable`). */
export type Post = (push: Push, signal: AbortSignal) => Promise<Outcome>;

/** One `OPTIONS` request under the rules of a push; tells whether something answers there. */
export type CheckEndpoint = (endpoint: string) => Promise<Outcome>;
