import type { Clock } from "./domain/clock.ts";

/** Node fires a longer timer at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after,
};

async function after(delayMs: number, signal?: AbortSignal): Promise<void> {
  let restMs = delayMs;
  for (; restMs > TIMER_MS_MAX && signal?.aborted !== true; restMs -= TIMER_MS_MAX) await timer(TIMER_MS_MAX, signal);
  await timer(restMs, signal);
}

function timer(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = () => {
      clearTimeout(handle);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const handle = setTimeout(end, delayMs);
    signal?.addEventListener("abort", end);
  });
}
