import type { DeliveryReport } from "../../domain/delivery-report.ts";
import type { Ownership } from "../../engine/port.ts";
import type { DeliveryStatus } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Hold, triedAgain } from "./hold.ts";

/**
 * Tells the engine what is known of the endpoint, for the next owner: when it changed, at most once a period, at once where it turned.
 * Where there are other nodes it tells them how the subscription stands, too: when that changed, and once in a while though it did not.
 */
export interface Reporter {
  /** Writes if there is news and the last time is long enough ago; looks for it once a period. Never rejects. `isShared`: there are other nodes. */
  pass(isShared: boolean): void;
  /** Writes now. */
  turned(): void;
  /** Writes what is not written yet, after the end. */
  flush(): Promise<void>;
}

/** One write at a time. One that fails is said and written again later; nothing waits for it. */
export function reporter(hold: Hold, endpoint: Endpoint, status: () => DeliveryStatus): Reporter {
  const { engine, ownership, clock, limits, activity, signal } = hold;
  const toldAgainMs = spread(limits.toldAgainMs, ownership);
  const writes = triedAgain(hold, {
    failing: "What is known of the endpoint cannot be written; it is written again later.",
    working: "What is known of the endpoint is written again.",
  });
  let written = endpoint.revision;
  let notBeforeMs = 0;
  let lookNotBeforeMs = 0;
  let writing: Promise<void> | undefined;
  let isUrgent = false;
  let isShared = false;
  /** The last that the other nodes were told; `undefined`: nothing. */
  let told: { readonly text: string; readonly atMs: number } | undefined;

  /** What the other nodes are to know. */
  function forOthers(): DeliveryReport | undefined {
    if (!isShared || signal.aborted) return undefined;
    const { cursors: _, letters, ...same } = status();
    if (letters === undefined) return same;
    const { setAside, heldFrom } = letters;
    return { ...same, letters: { setAside, heldFrom } };
  }

  function isNews(): boolean {
    if (written !== endpoint.revision) return true;
    const nowMs = clock.monotonic();
    if (!isShared || nowMs < lookNotBeforeMs) return false;
    lookNotBeforeMs = nowMs + limits.reportPeriodMs;
    if (told === undefined || nowMs - told.atMs >= toldAgainMs) return true;
    const delivery = forOthers();
    return delivery !== undefined && JSON.stringify(delivery) !== told.text;
  }

  async function write(): Promise<void> {
    const { revision } = endpoint;
    const delivery = forOthers();
    const atMs = clock.monotonic();
    isUrgent = false;
    notBeforeMs = atMs + limits.reportPeriodMs;
    try {
      await engine.reports.report(ownership, { ...endpoint.report(), ...(delivery !== undefined && { delivery }) });
      written = revision;
      told = delivery && { text: JSON.stringify(delivery), atMs };
      writes.worked();
    } catch (error) {
      writes.failed(error);
    }
  }

  function start(): void {
    if (writing !== undefined || !isNews() || signal.aborted) return;
    writing = activity.during(write()).finally(() => {
      writing = undefined;
      if (isUrgent) start();
    });
  }

  return {
    pass(shared) {
      isShared = shared;
      if (clock.monotonic() >= notBeforeMs) start();
    },
    turned() {
      isUrgent = true;
      start();
    },
    async flush() {
      await writing;
      if (written !== endpoint.revision) await write();
    },
  };
}

/** Another one for each hold, at most that and at least three quarters of it: what began together does not tell together for ever. */
function spread(periodMs: number, { epoch }: Ownership): number {
  const quarterMs = Math.max(1, Math.floor(periodMs / 4));
  return periodMs - ((epoch * 7_919) % quarterMs);
}
