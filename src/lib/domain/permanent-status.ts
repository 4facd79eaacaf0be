import { GONE_STATUS, UNAVAILABLE_STATUSES } from "./reading.ts";

export const PERMANENT_STATUSES_MAX = 50;
/** What the creation flow proposes: a message that cannot be read, or breaks a rule, will do so again. */
export const PERMANENT_STATUSES_RECOMMENDED: readonly number[] = [400, 422];

/** Why a subscription cannot call this status final, in words; `undefined` when it can. */
export function permanentStatusProblem(status: number): string | undefined {
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    return `A permanent status is a whole number from 300 to 599, not ${status}: 2XX always acknowledges.`;
  }
  if (status === GONE_STATUS) return "410 cannot be a permanent status: it pauses the subscription.";
  if (!UNAVAILABLE_STATUSES.includes(status)) return undefined;
  return `${status} cannot be a permanent status: it says that the endpoint is unavailable, and an outage would empty the topic into the dead letters.`;
}
