import { KBrokerError } from "../../domain/error.ts";
import type { MoveJob } from "../../domain/job.ts";
import type { SkipRequest } from "../requests/jobs.ts";
import type { Control } from "./control.ts";
import type { JobOrder } from "./jobs.ts";
import { lagOf } from "./lag.ts";
import { type Ground, momentMs, newMove, offsetsAt } from "./move-ground.ts";

/** The skip that is asked for: everything published before the time is dropped. */
export async function planSkip(
  control: Control,
  ground: Ground,
  { order, request }: { readonly order: JobOrder; readonly request: SkipRequest },
): Promise<MoveJob> {
  const nowMs = control.clock.now();
  const isAll = request.to === "now";
  const toMs = isAll ? nowMs : momentMs(request.to, nowMs);
  if (toMs > nowMs) {
    throw new KBrokerError(
      "invalid_request",
      `It is not ${request.to} yet: nothing that is still to come can be skipped.`,
      {
        hint: "Skip to now, or pause the subscription.",
      },
    );
  }
  const ends = ground.places.map(({ shard, end }) => ({ shard: shard.index, offset: end }));
  const { oldestUndelivered } = await lagOf(control, ground.subscription);
  return newMove(control, order, {
    kind: "skip",
    fromMs: Math.min(toMs, oldestUndelivered?.publishTimeMs ?? toMs),
    toMs,
    targets: isAll ? ends : await offsetsAt(control, ground, toMs),
    // Replays that still wait behind the target stay replays, as fast as they were.
    inherited: ground.last?.replays ?? [],
    ratePerS: ground.last?.ratePerS ?? null,
  });
}
