import { highest } from "../../domain/cursor.ts";
import { formatDuration } from "../../domain/duration.ts";
import { KBrokerError } from "../../domain/error.ts";
import type { MoveJob, ShardOffset } from "../../domain/job.ts";
import { HOUR_MS } from "../../domain/topic.ts";
import type { RewindRequest } from "../requests/jobs.ts";
import type { Control } from "./control.ts";
import type { JobOrder } from "./jobs.ts";
import { type Ground, momentMs, newMove, offsetsAt } from "./move-ground.ts";

/** The rewind that is asked for. Fails where that is no time to go back to. */
export async function planRewind(
  control: Control,
  ground: Ground,
  { order, request }: { readonly order: JobOrder; readonly request: RewindRequest },
): Promise<MoveJob> {
  const askedMs = askedTimeMs(control, ground, request);
  const oldestMs = await oldestKeptMs(control, ground);
  const toMs = Math.max(askedMs, oldestMs ?? askedMs);
  const targets = await offsetsAt(control, ground, toMs);
  if (oldestMs === undefined || isForward(ground, targets)) throw forward(control, ground, toMs);
  return newMove(control, order, {
    kind: "rewind",
    fromMs: await newestSettledMs(control, ground, { targets, toMs }),
    toMs,
    clamped: toMs > askedMs,
    targets,
    ratePerS: request.ratePerS ?? null,
    inherited: ground.last?.replays ?? [],
  });
}

function askedTimeMs({ clock }: Control, { topic }: Ground, { hours, to }: RewindRequest): number {
  const nowMs = clock.now();
  if (hours === undefined && to !== undefined) return momentMs(to, nowMs);
  if (hours === undefined || to !== undefined) {
    throw new KBrokerError("invalid_request", "A rewind takes either hours or a time, and one of them.");
  }
  const hoursMax = topic.ttlMs / HOUR_MS;
  if (hours > 0 && hours <= hoursMax) return Math.round(nowMs - hours * HOUR_MS);
  const kept = formatDuration(topic.ttlMs);
  throw new KBrokerError(
    "invalid_request",
    `${hours} hours were asked for; it must be more than 0 and at most ${hoursMax}.`,
    {
      hint: `Messages of topic ${topic.name} are kept ${kept}.`,
    },
  );
}

/** `undefined` where nothing is kept. */
async function oldestKeptMs({ engine }: Control, { places }: Ground): Promise<number | undefined> {
  const kept = places.filter(({ start, end }) => start < end);
  const times = await Promise.all(
    kept.map(
      async ({ shard, start }) =>
        (await engine.log.read(shard, start, { countMax: 1, bytesMax: 1 })).records[0]?.timeMs,
    ),
  );
  const known = times.filter((timeMs) => timeMs !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Nothing at or above the target is settled; what is parked is. */
function isForward({ places }: Ground, targets: readonly ShardOffset[]): boolean {
  return places.every(({ cursor }, index) => highest(cursor) <= (targets[index]?.offset ?? 0));
}

function forward({ clock }: Control, { subscription: { name } }: Ground, toMs: number): KBrokerError {
  const to = new Date(toMs).toISOString();
  const skipTo = toMs < clock.now() ? to : "now";
  const what = `Nothing published at or after ${to} has been delivered to "${name}" yet: that would be no step back.`;
  return new KBrokerError("rewind_forward", what, { hint: `kbroker subscription skip ${name} --to ${skipTo}` });
}

/** Of the shards that go back. */
async function newestSettledMs(
  { engine }: Control,
  { places }: Ground,
  { targets, toMs }: Pick<MoveJob, "targets" | "toMs">,
): Promise<number> {
  const times = places.map(async ({ shard, cursor }, index) => {
    const top = highest(cursor);
    if (top <= (targets[index]?.offset ?? 0)) return toMs;
    const { records } = await engine.log.read(shard, top - 1, { countMax: 1, bytesMax: 1 });
    return records[0]?.timeMs ?? toMs;
  });
  return Math.max(toMs, ...(await Promise.all(times)));
}
