import { TOPIC_NAME_LENGTH_MAX } from "../domain/names.ts";

/** Request line and headers together. */
export const HEADER_BYTES_MAX = 16_384;
/** The headers of a request have this long to arrive. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A whole body has this long to arrive, from the moment its headers are in. */
export const BODY_TIMEOUT_MS = 10_000;
/** So much of a body that nobody wants is read and thrown away, so that the client gets to its answer; then the connection ends. */
export const DISCARD_BYTES_MAX = 1_048_576;
/** A definition of a schema travels as a string in JSON. */
export const ADMIN_BODY_BYTES_MAX = 1_048_576;
/** One more is closed unanswered. */
export const CONNECTIONS_MAX = 10_000;
/** In the path, percent-encoded: the longest name three times over. */
export const PATH_NAME_LENGTH_MAX = 3 * TOPIC_NAME_LENGTH_MAX;
/** Requests under way have this long once the server closes. */
export const CLOSE_MS = 2_000;

/** Those that tests shorten. */
export interface Limits {
  readonly bodyTimeoutMs: number;
  readonly headersTimeoutMs: number;
}

export const LIMITS: Limits = { bodyTimeoutMs: BODY_TIMEOUT_MS, headersTimeoutMs: HEADERS_TIMEOUT_MS };
