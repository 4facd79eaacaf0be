import type { ErrorReply } from "../api/error.ts";
import { CODES, type Code, KBrokerError } from "../domain/error.ts";
import type { Log } from "./log.ts";

export interface ErrorContext {
  readonly newId: () => string;
  readonly log: Log;
  /** Each refusal is counted by its code. */
  readonly refused: (code: Code) => void;
}

export interface AnsweredError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorReply;
}

/**
 * The only place where an error becomes a reply, whatever raised it. The text of an error that nobody foresaw stays in the
 * log, under the request's id; ids are made here, as only failures need one.
 */
export function answerError(error: unknown, { newId, log, refused }: ErrorContext): AnsweredError {
  const requestId = newId();
  const known = foreseen(error);
  if (known === undefined) log("error", "A request failed unexpectedly.", { requestId, error });
  const { code, message, hint, problems, retryAfterS } = known ?? unforeseen();
  refused(code);
  const retryAfter = retryAfterS === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) };
  const optional = { ...(hint !== undefined && { hint }), ...(problems !== undefined && { problems: [...problems] }) };
  return {
    status: CODES[code].status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...retryAfter },
    body: { error: { code, message, requestId, ...optional } },
  };
}

/** Errors that are meant for the caller; a code that only the CLI gives has no business here. */
function foreseen(error: unknown): KBrokerError | undefined {
  if (error instanceof KBrokerError)
    return CODES[error.code].status >= 400 && error.code !== "internal" ? error : undefined;
  if (!(error instanceof Error && "code" in error)) return undefined;
  if (error.code === "FST_ERR_BAD_URL") return badPath("The path is not percent-encoded UTF-8.");
  return error.code === "FST_ERR_MAX_PARAM_LENGTH" ? badPath("The name in the path is too long.") : undefined;
}

function badPath(message: string): KBrokerError {
  return new KBrokerError("invalid_request", message);
}

function unforeseen(): KBrokerError {
  return new KBrokerError("internal", "The broker met an error that it did not expect.", {
    hint: "Its log has the details under this requestId.",
  });
}
