import type { ShardOffset } from "../../domain/job.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { DeliveryStatus, EndpointStatus, LetterStatus } from "./delivery.ts";
import { endpointStatus, endpointTroubles } from "./endpoint-status.ts";
import type { Parts } from "./parts.ts";

export interface Moment {
  /** Neither paused nor stopping. */
  readonly isSending: boolean;
  readonly subscription: Subscription;
  /** Places of the window that are taken. */
  readonly taken: number;
  /** Of what is in flight and was not redriven. */
  readonly publishTimesMs: readonly number[];
}

export function statusOf(parts: Parts, moment: Moment): DeliveryStatus {
  const { hold, positions, parked, acks } = parts;
  const { clock } = hold;
  const endpoint = endpointStatus(parts.endpoint);
  const reason = troubles(parts, moment, endpoint).join("; ");
  return {
    health: reason === "" ? "ok" : "degraded",
    healthReason: reason === "" ? null : reason,
    endpoint,
    inFlight: moment.taken,
    parked: parked.size,
    nextAttemptMs: moment.isSending ? nextAttemptMs(parts, endpoint) : null,
    ...oldest(parts, moment),
    cursors: positions.cursors(),
    ...(positions.letters().length === 0 ? {} : { letters: letterStatus(parts) }),
    ackPerS: acks.perS(clock.monotonic()),
  };
}

/** Of what is parked: its due time, but not before a pause that the consumer asked for, and only by a probe while the circuit is open. */
function nextAttemptMs({ hold, parked, dueAtMs }: Parts, { circuit, heldUntilMs }: EndpointStatus): number | null {
  const { clock } = hold;
  const dueMs = parked.firstDueMs();
  if (dueMs === undefined) return null;
  const atMs = circuit?.nextProbeMs ?? dueAtMs(Math.max(dueMs, clock.monotonic()));
  return Math.max(atMs, heldUntilMs ?? 0);
}

function oldest({ parked }: Parts, { publishTimesMs }: Moment) {
  const { heldMs, redrivenMs } = parked.reach();
  const oldestHeldMs = publishTimesMs.reduce((oldestMs, ms) => Math.min(oldestMs, ms), heldMs);
  return {
    oldestHeldMs: Number.isFinite(oldestHeldMs) ? oldestHeldMs : null,
    ...(Number.isFinite(redrivenMs) && { oldestRedrivenMs: redrivenMs }),
  };
}

function letterStatus({ positions, desk, parked, redriver }: Parts): LetterStatus {
  const heldFrom = new Map(parked.reach().lettersFrom);
  const holdFrom = (index: number, offset: number) =>
    void heldFrom.set(index, Math.min(offset, heldFrom.get(index) ?? offset));
  // All that were there when it was ordered are delivered, however long it takes to come to the last of them.
  if (redriver.isRunning) for (const { shard, cursor } of positions.letters()) holdFrom(shard.index, cursor.low);
  for (const { source } of desk.aside()) holdFrom(source.shard.index, source.offset);
  const shards = Array.from(heldFrom, ([shard, offset]): ShardOffset => ({ shard, offset }));
  return { cursors: positions.letters(), setAside: desk.asideCount, heldFrom: shards };
}

/** What an operator should know, each in words. */
function troubles(parts: Parts, { subscription }: Moment, status: EndpointStatus): readonly string[] {
  const { hold, endpoint, parker, burial, parked, redriver } = parts;
  const { parkedMax } = hold.limits;
  const full = `${parkedMax} messages are parked, the most there may be; new ones wait`;
  const all = [
    subscription.pausedBecause,
    ...endpointTroubles(endpoint, status, subscription),
    parker.problem(),
    burial.problem(),
    redriver.problem(),
    parked.size >= parkedMax ? full : undefined,
  ];
  return all.filter((trouble) => trouble !== undefined);
}
