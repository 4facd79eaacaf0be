import type { DeliveryStatus } from "./delivery.ts";
import type { Parts } from "./parts.ts";

export interface Moment {
  /** Neither paused nor stopping. */
  readonly isSending: boolean;
  /** Places of the window that are taken. */
  readonly taken: number;
  /** Of what is in flight. */
  readonly publishTimesMs: readonly number[];
}

export function statusOf(parts: Parts, moment: Moment): DeliveryStatus {
  const { hold, positions, parked, acks } = parts;
  const { clock } = hold;
  const dueMs = moment.isSending ? nextAttemptMs(parts) : undefined;
  const reason = troubles(parts).join("; ");
  return {
    health: reason === "" ? "ok" : "degraded",
    healthReason: reason === "" ? null : reason,
    inFlight: moment.taken,
    parked: parked.size,
    nextAttemptMs: dueMs === undefined ? null : clock.now() + Math.max(0, dueMs - clock.monotonic()),
    oldestHeldMs: oldestMs(parts, moment),
    cursors: positions.cursors(),
    ackPerS: acks.perS(clock.monotonic()),
  };
}

/** In monotonic time. */
function nextAttemptMs({ parked, endpoint }: Parts): number | undefined {
  const dueMs = parked.firstDueMs();
  return dueMs !== undefined && endpoint.isDown ? endpoint.nextProbeMs : dueMs;
}

function oldestMs({ parked }: Parts, { publishTimesMs }: Moment): number | null {
  let oldest = Number.POSITIVE_INFINITY;
  for (const ms of publishTimesMs) oldest = Math.min(oldest, ms);
  for (const { entry } of parked.all()) oldest = Math.min(oldest, entry.publishTimeMs);
  return Number.isFinite(oldest) ? oldest : null;
}

/** What an operator should know, each in words. */
function troubles({ hold, endpoint, parker, burial, parked }: Parts): readonly string[] {
  const { parkedMax } = hold.limits;
  const full = `${parkedMax} messages are parked, the most there may be; new ones wait`;
  const all = [endpoint.trouble(), parker.problem(), burial.problem(), parked.size >= parkedMax ? full : undefined];
  return all.filter((trouble) => trouble !== undefined);
}
