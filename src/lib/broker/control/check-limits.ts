import { KBrokerError } from "../../domain/error.ts";
import { PERMANENT_STATUSES_MAX, permanentStatusProblem } from "../../domain/permanent-status.ts";
import { RETRY_DELAY_MS_MAX, RETRY_DELAYS_MAX } from "../../domain/retry.ts";
import { MAX_IN_FLIGHT_MAX, TIMEOUT_MS_MAX, TIMEOUT_MS_MIN } from "../../domain/subscription.ts";
import type { CreateSubscription } from "../requests/subscriptions.ts";

type Limits = Pick<CreateSubscription, "timeoutMs" | "maxInFlight" | "retryDelaysMs" | "permanentStatuses">;

/** Fails with `invalid_request` unless timeout, window, delays and permanent statuses are within what a subscription may have. */
export function checkLimits({ timeoutMs, maxInFlight, retryDelaysMs, permanentStatuses = [] }: Limits): void {
  if (timeoutMs !== undefined && !isWithin(timeoutMs, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX)) {
    throw new KBrokerError("invalid_request", `The timeout is ${timeoutMs}ms; it must be between 1s and 120s.`);
  }
  if (maxInFlight !== undefined && !isWithin(maxInFlight, 1, MAX_IN_FLIGHT_MAX)) {
    throw new KBrokerError(
      "invalid_request",
      `At most ${maxInFlight} messages in flight were asked for; it must be a whole number from 1 to ${MAX_IN_FLIGHT_MAX}.`,
    );
  }
  checkPermanent(permanentStatuses);
  if (retryDelaysMs === undefined) return;
  if (!isWithin(retryDelaysMs.length, 1, RETRY_DELAYS_MAX)) {
    throw new KBrokerError(
      "invalid_request",
      `${retryDelaysMs.length} retry delays were given; it must be 1 to ${RETRY_DELAYS_MAX}.`,
    );
  }
  const wrong = retryDelaysMs.find((delayMs) => !isWithin(delayMs, 1, RETRY_DELAY_MS_MAX));
  if (wrong !== undefined) {
    throw new KBrokerError("invalid_request", `A retry delay is ${wrong}ms; it must be between 1ms and 24h.`);
  }
}

function checkPermanent(statuses: readonly number[]): void {
  const problem = statuses.map(permanentStatusProblem).find((each) => each !== undefined);
  if (problem !== undefined) throw new KBrokerError("invalid_request", problem);
  if (statuses.length <= PERMANENT_STATUSES_MAX) return;
  throw new KBrokerError(
    "invalid_request",
    `${statuses.length} permanent statuses were given; it must be at most ${PERMANENT_STATUSES_MAX}.`,
  );
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}
