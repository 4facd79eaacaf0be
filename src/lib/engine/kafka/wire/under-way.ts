import type { Connection } from "@platformatic/kafka";
import { Bag } from "../../../domain/bag.ts";
import type { Clock } from "../../../domain/clock.ts";

export interface UnderWayOptions {
  readonly clock: Clock;
  /** Whether the cluster counts the broker as one of its own, as of the last look. */
  readonly isThere: (node: number) => boolean;
  /** Asks the cluster anew. */
  readonly refresh: () => Promise<void>;
  /** Ends the calls that wait there. */
  readonly drop: (connection: Connection) => void;
  readonly signal: AbortSignal;
}

/**
 * The calls that wait for a broker. One that stands still keeps its connections, so that nothing breaks: as soon as the cluster has given it
 * up, so do the calls, long before their own time is over. What it led is then asked of whoever leads it now.
 */
export interface UnderWay {
  run<T>(node: number, connection: Connection, act: (connection: Connection) => Promise<T>): Promise<T>;
}

/** Longer than what a broker is asked to wait at most, joins apart. */
const SLOW_MS = 3_000;
const LOOK_MS = 1_000;

interface Waiting {
  place: number;
  readonly node: number;
  readonly connection: Connection;
  readonly sinceMs: number;
}

export function createUnderWay({ clock, isThere, refresh, drop, signal }: UnderWayOptions): UnderWay {
  const all = new Bag<Waiting>();
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    while (all.size > 0 && !signal.aborted) {
      await clock.after(LOOK_MS, signal);
      const isSlow = ({ sinceMs }: Waiting) => clock.monotonic() - sinceMs >= SLOW_MS;
      if (!all.all().some(isSlow)) continue;
      // Where nobody answers nothing is known, and the calls wait on.
      await refresh().catch(() => undefined);
      for (const { node, connection } of all.all().filter(isSlow)) if (!isThere(node)) drop(connection);
    }
    isLooking = false;
  }

  return {
    async run(node, connection, act) {
      const waiting: Waiting = { place: 0, node, connection, sinceMs: clock.monotonic() };
      all.add(waiting);
      void look();
      try {
        return await act(connection);
      } finally {
        all.delete(waiting);
      }
    },
  };
}
