import type { LagReply } from "../api/lag.ts";
import { formatDuration } from "../domain/duration.ts";
import { countText, perSText, plural } from "./fields.ts";

export interface Verdict {
  readonly text: string;
  readonly tone: "green" | "yellow" | "red";
}

/** Rates come from a window of a minute; below this the difference of two is noise. */
const RATE_NOISE_PER_S = 0.05;

/** The one sentence for somebody who was woken up: is it getting better, and if not, why. */
export function lagVerdict(lag: LagReply): Verdict {
  const waiting = lag.lag;
  if (waiting === null)
    return { text: "No owner has reported, so nobody knows whether it gets better.", tone: "yellow" };
  if (lag.state === "paused") return paused(lag, waiting);
  if (lag.health === "degraded") {
    return { text: `${growth(lag)}Degraded: ${ended(lag.healthReason ?? "no reason given")}`, tone: "red" };
  }
  if (waiting === 0) return { text: "Up to date.", tone: "green" };
  if (waiting === lag.parked) return parkedOnly(lag, waiting);
  return moving(lag);
}

/** What waits is a fact; the rate's window may reach back before the pause, so it is not called growth. */
function paused({ rates, healthReason }: LagReply, waiting: number): Verdict {
  const published = rates === null || rates.publishPerS === 0 ? "" : `; ${perSText(rates.publishPerS)} published`;
  const text = waiting === 0 ? "Paused: nothing waits." : `Paused: ${plural(waiting, "message")} waiting${published}.`;
  if (healthReason === null) return { text, tone: "yellow" };
  return { text: `${text} Degraded: ${ended(healthReason)}`, tone: "red" };
}

/** A full stop behind a command would be copied along with it. */
function ended(reason: string): string {
  return /: kbroker [^:;]+$/.test(reason) ? reason : `${reason}.`;
}

function growth({ rates }: LagReply): string {
  const netPerS = rates === null ? 0 : rates.publishPerS - rates.ackPerS;
  return netPerS > RATE_NOISE_PER_S ? `Growing by ${perSText(netPerS)}. ` : "";
}

/** Nothing new waits: what is left has failed before. */
function parkedOnly({ nextAttempt, asOf }: LagReply, waiting: number): Verdict {
  const waitMs = nextAttempt === null ? 0 : Date.parse(nextAttempt) - Date.parse(asOf);
  const when = waitMs <= 0 ? "now" : `in ${formatDuration(waitMs)}`;
  const what =
    waiting === 1
      ? "The last one has failed before and is"
      : `All ${countText(waiting)} have failed before; the first is`;
  return { text: `${what} tried again ${when}.`, tone: "yellow" };
}

function moving({ rates, drainMs }: LagReply): Verdict {
  if (rates === null) return { text: "Whether it gets better is not known yet.", tone: "yellow" };
  const fallsPerS = rates.ackPerS - rates.publishPerS;
  if (fallsPerS > RATE_NOISE_PER_S) {
    const drained = drainMs === null ? "" : `: drained in about ${formatDuration(drainMs)}`;
    return { text: `Falling by ${perSText(fallsPerS)}${drained}.`, tone: "green" };
  }
  if (fallsPerS < -RATE_NOISE_PER_S) return { text: `Growing by ${perSText(-fallsPerS)}.`, tone: "red" };
  if (rates.ackPerS === 0)
    return { text: `Not moving: nothing was acknowledged in the last ${rates.windowS} s.`, tone: "red" };
  return { text: "Steady: as much arrives as is acknowledged.", tone: "yellow" };
}
