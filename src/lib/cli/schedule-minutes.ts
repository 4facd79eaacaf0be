import { parseDurationMs } from "../domain/duration.ts";
import { KBrokerError } from "../domain/error.ts";
import { SCHEDULE_MINUTES_MAX, SCHEDULE_MINUTES_MIN } from "../domain/schedule.ts";

const MINUTE_MS = 60_000;

/** Why `text` is no time ahead for which a message can be scheduled, in words for a prompt; `undefined` when it is one. */
export function scheduleProblem(text: string): string | undefined {
  const minutes = (parseDurationMs(text) ?? Number.NaN) / MINUTE_MS;
  if (Number.isInteger(minutes) && minutes >= SCHEDULE_MINUTES_MIN && minutes <= SCHEDULE_MINUTES_MAX) return undefined;
  return `A message is scheduled whole minutes ahead, from 5m to 7d; ${JSON.stringify(text)} is not that.`;
}

/** `10m`, `2h`, `1d12h` in minutes. */
export function scheduleMinutes(text: string): number {
  const problem = scheduleProblem(text);
  if (problem !== undefined)
    throw new KBrokerError("usage", problem, { hint: "Write it as --in 10m, --in 2h or --in 3d" });
  return (parseDurationMs(text) ?? 0) / MINUTE_MS;
}
