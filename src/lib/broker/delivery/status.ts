import type { ShardOffset } from "../../domain/job.ts";
import type { ParkedEntry } from "../../engine/port.ts";
import type { DeliveryStatus, LetterStatus } from "./delivery.ts";
import type { Parts } from "./parts.ts";

export interface Moment {
  /** Neither paused nor stopping. */
  readonly isSending: boolean;
  /** Places of the window that are taken. */
  readonly taken: number;
  /** Of what is in flight and was not redriven. */
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
    ...oldest(parts, moment),
    cursors: positions.cursors(),
    ...(positions.letters().length === 0 ? {} : { letters: letterStatus(parts) }),
    ackPerS: acks.perS(clock.monotonic()),
  };
}

/** In monotonic time. */
function nextAttemptMs({ parked, endpoint }: Parts): number | undefined {
  const dueMs = parked.firstDueMs();
  return dueMs !== undefined && endpoint.isDown ? endpoint.nextProbeMs : dueMs;
}

function oldest({ parked }: Parts, { publishTimesMs }: Moment) {
  let [heldMs, redrivenMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const ms of publishTimesMs) heldMs = Math.min(heldMs, ms);
  for (const { entry } of parked.all()) {
    if (entry.redrive === undefined) heldMs = Math.min(heldMs, entry.publishTimeMs);
    else redrivenMs = Math.min(redrivenMs, entry.publishTimeMs);
  }
  return {
    oldestHeldMs: Number.isFinite(heldMs) ? heldMs : null,
    ...(Number.isFinite(redrivenMs) && { oldestRedrivenMs: redrivenMs }),
  };
}

function letterStatus({ positions, desk, parked }: Parts): LetterStatus {
  const heldFrom = new Map<number, number>();
  const hold = ({ source, redrive }: ParkedEntry) => {
    const { index } = source.shard;
    if (redrive !== undefined) heldFrom.set(index, Math.min(source.offset, heldFrom.get(index) ?? source.offset));
  };
  for (const { entry } of parked.all()) hold(entry);
  for (const entry of desk.aside()) hold(entry);
  const shards = Array.from(heldFrom, ([shard, offset]): ShardOffset => ({ shard, offset }));
  return { cursors: positions.letters(), setAside: desk.asideCount, heldFrom: shards };
}

/** What an operator should know, each in words. */
function troubles({ hold, endpoint, parker, burial, parked, redriver }: Parts): readonly string[] {
  const { parkedMax } = hold.limits;
  const full = `${parkedMax} messages are parked, the most there may be; new ones wait`;
  const all = [
    endpoint.trouble(),
    parker.problem(),
    burial.problem(),
    redriver.problem(),
    parked.size >= parkedMax ? full : undefined,
  ];
  return all.filter((trouble) => trouble !== undefined);
}
