import type { ReadLimits } from "../../engine/port.ts";

/** Every bound and period of the part that fires. Tests make them small. */
export interface FiringLimits {
  /** What is appended and then removed together: so much a crash may repeat. */
  readonly page: ReadLimits;
  /** While anything waits the wall clock is looked at this often, whatever it said before: it may jump. */
  readonly lookMs: number;
  /** While nothing waits. What is scheduled here meanwhile is known at once; elsewhere it is due in five minutes at the earliest. */
  readonly idleLookMs: number;
  /** What failed inside is tried again after this. */
  readonly retryMs: number;
}

export const LIMITS: FiringLimits = {
  page: { countMax: 512, bytesMax: 1_048_576 },
  lookMs: 500,
  idleLookMs: 60_000,
  retryMs: 1_000,
};
