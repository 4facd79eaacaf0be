import { CODES, KBrokerError } from "../domain/error.ts";

/** Whether it is safe to try again, and may go by. */
export function isPassing(error: unknown): error is KBrokerError {
  return error instanceof KBrokerError && CODES[error.code].exit === CODES.broker_unreachable.exit;
}

/** What `work` gives, or `undefined` at the moment when `signal` aborts; what comes of the work then is nobody's concern. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = () => resolve(undefined);
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  });
}
