import type { Clock } from "../../../domain/clock.ts";
import { KBrokerError } from "../../../domain/error.ts";
import { KafkaFailure } from "../wire/failure.ts";

export interface LastingOptions {
  readonly clock: Clock;
  /** Whether anybody still waits for it. */
  readonly isWanted: () => boolean;
  /** Told of the first failure of all steps: from then on it takes longer. */
  readonly held: (failure: KBrokerError) => void;
}

/** Makes a step; again where it failed over something that passes. The step must be one that may be made twice. */
export type Lasting = <T>(step: () => Promise<T>) => Promise<T>;

/** So long a single step may fail. Then the work is given up with what it did before: Kafka is away. */
const STEP_MS_MAX = 60_000;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 1_000;

/**
 * For work of many steps, each of which is durable: one that takes longer than its deadline costs itself, not those before it. So the work
 * ends however slow Kafka is, or this node, as long as each step gets through once in a while.
 */
export function lasting({ clock, isWanted, held }: LastingOptions): Lasting {
  let isTold = false;

  function tell(failure: KBrokerError): void {
    if (!isTold) held(failure);
    isTold = true;
  }

  return async (step) => {
    const untilMs = clock.monotonic() + STEP_MS_MAX;
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
      try {
        return await step();
      } catch (error) {
        if (!mayPass(error) || !isWanted() || clock.monotonic() >= untilMs) throw error;
        tell(error);
        await clock.after(pauseMs);
      }
    }
  };
}

function mayPass(error: unknown): error is KBrokerError {
  if (error instanceof KafkaFailure) return error.mayPassAtLeader;
  return error instanceof KBrokerError && (error.code === "engine_unavailable" || error.code === "overloaded");
}
