import type { Parts } from "./parts.ts";

/** Gives up what expired, wherever it waits: in the log where nothing is taken from it, or parked. */
export async function sweepParts(parts: Parts): Promise<void> {
  const { hold, feeds, parked, failures, desk, redriver, suspended } = parts;
  const { expiryNow, ttlMs, limits, signal } = hold;
  await feeds.sweep();
  if (signal.aborted) return;
  // A job that asks for those, too, counts how many are left.
  if (!redriver.isRunning) await desk.sweep();
  if (signal.aborted) return;
  suspended.sweep();
  for (const old of parked.takeOld(expiryNow() - ttlMs, limits.sweepCountMax)) failures.expire(old, () => {});
}
