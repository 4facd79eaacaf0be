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

/** While the engine refuses messages, what it does not tell within this is not known. */
const REFUSING_WAIT_MS_MAX = 1_000;

/** `undefined`: nobody can say while the storage is out of reach. */
export type Snapshot = () => Promise<readonly LagView[] | undefined>;

/** The lag of every subscription, one after the other; callers that come together share one pass. */
export function createSnapshot(control: Control): Snapshot {
  const pass = createPass(control);
  return async () => {
    const { refusing } = await control.engine.status();
    if (refusing === null) return pass();
    const enough = new AbortController();
    const known = pass().catch(() => undefined);
    const waited = control.clock.after(REFUSING_WAIT_MS_MAX, enough.signal).then(() => undefined);
    const views = await Promise.race([known, waited]);
    enough.abort();
    return views;
  };
}

function createPass(control: Control): () => Promise<readonly LagView[]> {
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
  const subscriptions = lags ?? view.subscriptions();
  const degraded = (lags ?? []).filter(({ health }) => health === "degraded");
  return {
    engine: { ...(await engine.status()), name: engine.capabilities.engine },
    node,
    nodes: engine.nodes.list().length,
    startedAtMs,
    uptimeMs: Math.round(clock.monotonic() - startedMonotonicMs),
    topics: view.topics().length,
    subscriptions: {
      active: subscriptions.filter(({ state }) => state === "active").length,
      paused: subscriptions.filter(({ state }) => state === "paused").length,
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
function total(lags: readonly LagView[] | undefined, count: (lag: LagView) => number | null): number | null {
  if (lags === undefined) return null;
  let sum = 0;
  for (const lag of lags) {
    const value = count(lag);
    if (value === null) return null;
    sum += value;
  }
  return sum;
}
