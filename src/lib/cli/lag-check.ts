import type { LagReply } from "../api/lag.ts";
import { formatDuration } from "../domain/duration.ts";
import { countText } from "./fields.ts";

export interface LagLimits {
  readonly lagMax?: number | undefined;
  readonly ageMsMax?: number | undefined;
}

/** Which limits do not hold, in words. What is not known does not hold: a pipeline must not pass because nobody reported. */
export function lagFailures(lag: LagReply, { lagMax, ageMsMax }: LagLimits): string[] {
  const failures: string[] = [];
  if (lagMax !== undefined && (lag.lag === null || lag.lag > lagMax)) {
    failures.push(`the lag is ${countText(lag.lag)}, allowed is ${countText(lagMax)}`);
  }
  const age = oldestAgeMs(lag);
  if (ageMsMax !== undefined && (age === null || age > ageMsMax)) {
    const shown = age === null ? "of unknown age" : `${formatDuration(age)} old`;
    failures.push(`the oldest undelivered message is ${shown}, allowed is ${formatDuration(ageMsMax)}`);
  }
  return failures;
}

function oldestAgeMs({ lag, oldestUndelivered }: LagReply): number | null {
  if (oldestUndelivered !== null) return oldestUndelivered.ageMs;
  return lag === 0 ? 0 : null;
}
