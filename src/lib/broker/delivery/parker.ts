import { messageOf } from "../../domain/error.ts";
import type { ParkedEntry } from "../../engine/port.ts";
import { type Hold, triedAgain } from "./hold.ts";

/** Makes parked entries durable, in batches: one write at a time, the next takes all that came meanwhile. */
export interface Parker {
  /** `durable` is told once the entry is. Until then it is tried again and again; it is never told when the hold ends before. */
  park(entry: ParkedEntry, durable: () => void): void;
  /** Why entries cannot be made durable right now, in words. */
  problem(): string | undefined;
}

interface Waiting {
  readonly entry: ParkedEntry;
  readonly durable: () => void;
}

/** The queue is never longer than the window: a message that waits here keeps its place in flight. */
export function parker(hold: Hold): Parker {
  const { engine, ownership, clock, limits, activity, signal } = hold;
  const parks = triedAgain(hold, {
    failing: "Failed deliveries cannot be parked; they stay in flight and are parked again later.",
    working: "Failed deliveries are parked again.",
  });
  const queue: Waiting[] = [];
  let running = false;
  let problem: string | undefined;

  async function writeNext(): Promise<void> {
    const batch = queue.slice(0, limits.parkBatchMax);
    const entries = batch.map(({ entry }) => entry);
    await engine.parked.put(ownership, entries);
    if (signal.aborted) return;
    queue.splice(0, batch.length);
    problem = undefined;
    parks.worked();
    for (const { durable } of batch) durable();
  }

  /** Nothing may happen between the last look at the queue and the end: what came then would wait for the next that comes. */
  async function run(): Promise<void> {
    running = true;
    activity.begin();
    while (queue.length > 0 && !signal.aborted) {
      try {
        await writeNext();
      } catch (error) {
        if (signal.aborted) break;
        problem = `failed deliveries cannot be stored: ${messageOf(error)}`;
        parks.failed(error);
        await activity.outside(clock.after(limits.retryMs, signal));
      }
    }
    running = false;
    activity.end();
  }

  return {
    park(entry, durable) {
      queue.push({ entry, durable });
      if (!running) void run();
    },
    problem: () => problem,
  };
}
