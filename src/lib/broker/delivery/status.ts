import type { RateMeter } from "../../domain/rate.ts";
import type { Burial } from "./burial.ts";
import type { DeliveryStatus } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Hold } from "./hold.ts";
import type { ParkedSet } from "./parked-set.ts";
import type { Parker } from "./parker.ts";
import type { Positions } from "./positions.ts";

export interface StatusParts {
  readonly hold: Hold;
  readonly endpoint: Endpoint;
  readonly positions: Positions;
  readonly parked: ParkedSet;
  readonly parker: Parker;
  readonly burial: Burial;
  readonly acks: RateMeter;
  readonly paused: boolean;
  /** Places of the window that are taken. */
  readonly taken: number;
  readonly publishTimesMs: Iterable<number>;
}

export function statusOf(parts: StatusParts): DeliveryStatus {
  const { hold, positions, parked, acks, taken } = parts;
  const { clock } = hold;
  const dueMs = nextAttemptMs(parts);
  const reason = troubles(parts).join("; ");
  return {
    health: reason === "" ? "ok" : "degraded",
    healthReason: reason === "" ? null : reason,
    inFlight: taken,
    parked: parked.size,
    nextAttemptMs: dueMs === undefined ? null : clock.now() + Math.max(0, dueMs - clock.monotonic()),
    oldestHeldMs: oldestMs(parts),
    cursors: positions.cursors(),
    ackPerS: acks.perS(clock.monotonic()),
  };
}

/** In monotonic time. */
function nextAttemptMs({ paused, parked, endpoint }: StatusParts): number | undefined {
  const dueMs = parked.firstDueMs();
  if (paused || dueMs === undefined) return undefined;
  return endpoint.isDown ? endpoint.nextProbeMs : dueMs;
}

function oldestMs({ publishTimesMs, parked }: StatusParts): number | null {
  let oldest = Number.POSITIVE_INFINITY;
  for (const ms of publishTimesMs) oldest = Math.min(oldest, ms);
  for (const { entry } of parked.all()) oldest = Math.min(oldest, entry.publishTimeMs);
  return Number.isFinite(oldest) ? oldest : null;
}

/** What an operator should know, each in words. */
function troubles({ hold, endpoint, parker, burial, parked }: StatusParts): readonly string[] {
  const { parkedMax } = hold.limits;
  const full = `${parkedMax} messages are parked, the most there may be; new ones wait`;
  const all = [endpoint.trouble(), parker.problem(), burial.problem(), parked.size >= parkedMax ? full : undefined];
  return all.filter((trouble) => trouble !== undefined);
}
