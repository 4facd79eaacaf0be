import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError, messageOf } from "../../../domain/error.ts";
import type { Report } from "../../../domain/report.ts";
import type { Hold } from "./hold.ts";

type Kept = Pick<Hold, "ownership" | "confirmedMs" | "confirm">;

export interface KeepAliveOptions {
  readonly clock: Clock;
  readonly holds: () => readonly Kept[];
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Far below the session of 30 minutes; what commits needs none. */
const SILENCE_MS_MIN = 180_000;
const SILENCE_MS_MAX = 300_000;
const LOOK_MS = 10_000;

/** A heartbeat for each hold that was silent for some minutes, so that it is kept; one that was taken over is found out by it. */
export async function keepAlive({ clock, holds, signal, report }: KeepAliveOptions): Promise<void> {
  while (!signal.aborted) {
    await clock.after(LOOK_MS, signal);
    const nowMs = clock.monotonic();
    for (const hold of holds()) {
      if (signal.aborted || nowMs - hold.confirmedMs < silenceMs(hold)) continue;
      hold.confirm().catch((error: unknown) => {
        if (error instanceof KBrokerError && error.code === "epoch_stale") return;
        const { resource } = hold.ownership;
        report("warn", "An owner could not be confirmed; that is tried again.", { resource, error: messageOf(error) });
      });
    }
  }
}

/** Another one for each hold, so that those that began together do not ask together for ever. */
function silenceMs({ ownership: { epoch } }: Kept): number {
  return SILENCE_MS_MIN + ((epoch * 7_919) % (SILENCE_MS_MAX - SILENCE_MS_MIN));
}
