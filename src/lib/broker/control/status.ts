import type { Subscription } from "../../domain/subscription.ts";
import type { BrokerView, LagView } from "../broker.ts";
import { allThatStay } from "../lookup.ts";
import { connectorsStatus } from "./connector-status.ts";
import type { Control } from "./control.ts";
import { lagOf } from "./lag.ts";

/** What was computed for one caller serves the others for this long. */
const SNAPSHOT_AGE_MS_MAX = 1_000;

/** So many are named; how many there are is a number beside it. */
const DEGRADED_MAX = 100;

export type Snapshot = () => Promise<readonly LagView[]>;

/** The lag of every subscription, one after the other; callers that come together share one pass. */
export function createSnapshot(control: Control): Snapshot {
  let last: { readonly atMs: number; readonly views: Promise<readonly LagView[]> } | undefined;

  return () => {
    const nowMs = control.clock.monotonic();
    if (last === undefined || nowMs - last.atMs >= SNAPSHOT_AGE_MS_MAX) {
      const pass = { atMs: nowMs, views: lagOfAll(control) };
      last = pass;
      // A failure is for those who asked, not for the next one.
      pass.views.catch(() => {
        if (last === pass) last = undefined;
      });
    }
    return last.views;
  };
}

export async function status(
  control: Control,
  {
    snapshot,
    startedAtMs,
    startedMonotonicMs,
  }: { snapshot: Snapshot; startedAtMs: number; startedMonotonicMs: number },
): Promise<BrokerView> {
  const { engine, view, node, clock } = control;
  const lags = await snapshot();
  const degraded = lags.filter(({ health }) => health === "degraded");
  return {
    engine: { ...(await engine.status()), name: engine.capabilities.engine },
    node,
    startedAtMs,
    uptimeMs: Math.round(clock.monotonic() - startedMonotonicMs),
    topics: view.topics().length,
    subscriptions: {
      active: lags.filter(({ state }) => state === "active").length,
      paused: lags.filter(({ state }) => state === "paused").length,
      degraded: degraded.length,
    },
    degraded: degraded.slice(0, DEGRADED_MAX).map(({ subscription, healthReason }) => {
      return { subscription, reason: healthReason };
    }),
    connectors: await connectorsStatus(control),
    lag: total(lags, ({ lag }) => lag),
    parked: total(lags, ({ parked }) => parked),
    deadLetters: total(lags, ({ deadLetters }) => deadLetters),
  };
}

async function lagOfAll(control: Control): Promise<readonly LagView[]> {
  const { view } = control;
  const isGone = ({ name, id }: Subscription) => view.subscription(name)?.value.id !== id;
  return allThatStay(view.subscriptions(), (subscription) => lagOf(control, subscription), isGone);
}

/** A sum with a part that is not known is not known. */
function total(lags: readonly LagView[], count: (lag: LagView) => number | null): number | null {
  let sum = 0;
  for (const lag of lags) {
    const value = count(lag);
    if (value === null) return null;
    sum += value;
  }
  return sum;
}
