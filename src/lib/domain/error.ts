/**
 * Every failure a caller may act on, once: its code, its HTTP status and its CLI exit code (product rules: 2 usage or
 * invalid input, 3 unreachable and safe to try again, 4 permission, 5 a check failed, 6 refused, 7 not found, 8 conflict).
 * `docs/errors.md` explains each; a test compares the two. `status: 0` marks codes that only the CLI gives.
 */
export const CODES = {
  invalid_request: { status: 400, exit: 2 },
  invalid_json: { status: 400, exit: 2 },
  schema_invalid: { status: 400, exit: 2 },
  endpoint_forbidden: { status: 400, exit: 2 },
  unauthorized: { status: 401, exit: 4 },
  forbidden: { status: 403, exit: 4 },
  route_not_found: { status: 404, exit: 7 },
  topic_not_found: { status: 404, exit: 7 },
  subscription_not_found: { status: 404, exit: 7 },
  schema_not_found: { status: 404, exit: 7 },
  schedule_not_found: { status: 404, exit: 7 },
  schema_version_not_found: { status: 404, exit: 7 },
  connector_not_found: { status: 404, exit: 7 },
  job_not_found: { status: 404, exit: 7 },
  group_not_found: { status: 404, exit: 7 },
  no_cluster: { status: 404, exit: 7 },
  method_not_allowed: { status: 405, exit: 2 },
  request_timeout: { status: 408, exit: 3 },
  topic_exists: { status: 409, exit: 8 },
  subscription_exists: { status: 409, exit: 8 },
  connector_exists: { status: 409, exit: 8 },
  connector_checks_failed: { status: 409, exit: 5 },
  schema_exists: { status: 409, exit: 8 },
  topic_in_use: { status: 409, exit: 8 },
  dead_letters_left: { status: 409, exit: 6 },
  subscription_limit: { status: 409, exit: 8 },
  schema_incompatible: { status: 409, exit: 5 },
  schema_version_limit: { status: 409, exit: 8 },
  schema_required: { status: 409, exit: 8 },
  message_id_conflict: { status: 409, exit: 8 },
  job_active: { status: 409, exit: 8 },
  job_exists: { status: 409, exit: 8 },
  job_ended: { status: 409, exit: 8 },
  rewind_forward: { status: 409, exit: 8 },
  nothing_to_undo: { status: 409, exit: 8 },
  version_conflict: { status: 409, exit: 8 },
  epoch_stale: { status: 409, exit: 8 },
  payload_too_large: { status: 413, exit: 2 },
  schema_mismatch: { status: 422, exit: 2 },
  topic_refused: { status: 422, exit: 2 },
  overloaded: { status: 429, exit: 3 },
  wrong_node: { status: 421, exit: 2 },
  headers_too_large: { status: 431, exit: 2 },
  internal: { status: 500, exit: 1 },
  source_failed: { status: 502, exit: 1 },
  broker_starting: { status: 503, exit: 3 },
  broker_stopping: { status: 503, exit: 3 },
  engine_unavailable: { status: 503, exit: 3 },
  engine_denied: { status: 503, exit: 4 },
  engine_failed: { status: 500, exit: 1 },
  owner_unreachable: { status: 503, exit: 3 },
  disk_full: { status: 507, exit: 1 },
  broker_unreachable: { status: 0, exit: 3 },
  message_not_found: { status: 0, exit: 7 },
  reply_not_understood: { status: 0, exit: 1 },
  data_dir_in_use: { status: 0, exit: 8 },
  data_lost: { status: 0, exit: 1 },
  data_unreadable: { status: 0, exit: 1 },
  port_in_use: { status: 0, exit: 8 },
  usage: { status: 0, exit: 2 },
  config_invalid: { status: 0, exit: 2 },
  import_invalid: { status: 0, exit: 2 },
  import_differs: { status: 0, exit: 8 },
  editor_failed: { status: 0, exit: 1 },
  check_failed: { status: 0, exit: 5 },
  not_confirmed: { status: 0, exit: 6 },
  cancelled: { status: 0, exit: 130 },
} as const satisfies Record<string, { status: number; exit: number }>;

export type Code = keyof typeof CODES;

/**
 * One place of a bad input: a JSON pointer into a body, or a path into a file, with line and column (from 1) where known.
 * Which file it is and how bad never travels over HTTP; how to mend it does where two schemas are compared.
 */
export interface Problem {
  readonly file?: string;
  readonly severity?: "error" | "warning";
  readonly fix?: string;
  readonly pointer?: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** What the place is compared with: where it stands in the version before. */
  readonly old?: OldPlace;
}

export interface OldPlace {
  readonly version: number;
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
}

export interface KBrokerErrorOptions {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly problems?: readonly Problem[] | undefined;
  /** Seconds after which trying again makes sense: sent as `Retry-After`. */
  readonly retryAfterS?: number | undefined;
  /** Given by the server, so that a report can be matched with its log. */
  readonly requestId?: string | undefined;
}

export class KBrokerError extends Error {
  override readonly name = "KBrokerError";
  readonly code: Code;
  /** What the reader should do next; shown under the message, never parsed. */
  readonly hint: string | undefined;
  readonly problems: readonly Problem[] | undefined;
  readonly retryAfterS: number | undefined;
  readonly requestId: string | undefined;

  constructor(code: Code, message: string, options: KBrokerErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.problems = options.problems;
    this.retryAfterS = options.retryAfterS;
    this.requestId = options.requestId;
  }
}

/** What was thrown, in words: anything can be. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
