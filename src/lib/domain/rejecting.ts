const VERDICTS = 30;
const REJECTING_MIN = 20;
const ALL = 2 ** VERDICTS - 1;

/** The last 30 verdicts of an endpoint, one bit each: 1 for a permanent one. */
export type Verdicts = number;

export const NO_VERDICTS: Verdicts = 0;

export function withVerdict(verdicts: Verdicts, isPermanent: boolean): Verdicts {
  return ((verdicts << 1) | (isPermanent ? 1 : 0)) & ALL;
}

export function permanentCount(verdicts: Verdicts): number {
  let count = 0;
  for (let rest = verdicts; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** An endpoint that refuses 20 of 30 for good refuses whatever it gets. */
export function isRejecting(verdicts: Verdicts): boolean {
  return permanentCount(verdicts) >= REJECTING_MIN;
}
