import { KBrokerError } from "./error.ts";

export const SCHEDULE_MINUTES_MIN = 5;
export const SCHEDULE_MINUTES_MAX = 10_080;

/** Fails with `invalid_request` and the range. */
export function checkScheduleMinutes(minutes: number): void {
  if (Number.isInteger(minutes) && minutes >= SCHEDULE_MINUTES_MIN && minutes <= SCHEDULE_MINUTES_MAX) return;
  throw new KBrokerError(
    "invalid_request",
    `A message is scheduled a whole number of minutes ahead, ${SCHEDULE_MINUTES_MIN} to ${SCHEDULE_MINUTES_MAX} (seven days).`,
    { hint: "Send X-KB-ScheduledMinutes: 10" },
  );
}
