import fc from "fast-check";

/** One run of the broker between two crashes. */
export interface Life {
  /** It is killed at the moment when so many events (publishes answered, pushes received) have happened in it. */
  readonly eventsMax: number;
  /** Every second message of the life is large. */
  readonly large: boolean;
}

const LARGE_BYTES = 30_000;
const SMALL_BYTES = 120;

/** Short lives with large messages among the small ones, and some long ones, in which more is settled than may go uncommitted. */
export function planLives(
  seed: number,
  { short, long }: { readonly short: number; readonly long: number },
): readonly Life[] {
  const pick = (min: number, max: number, count: number) =>
    fc.sample(fc.noBias(fc.integer({ min, max })), { seed, numRuns: count });
  return [
    ...pick(100, 700, short).map((eventsMax) => ({ eventsMax, large: true })),
    ...pick(14_000, 18_000, long).map((eventsMax) => ({ eventsMax, large: false })),
  ];
}

export function payloadOf(id: string, large: boolean): string {
  const padding = "x".repeat(large ? LARGE_BYTES : SMALL_BYTES);
  return JSON.stringify({ id, padding });
}
