import type { Clock } from "../domain/clock.ts";
import type { KBrokerError } from "../domain/error.ts";
import { isPassing, orAborted } from "./patience.ts";

export interface WatchOptions<T> {
  readonly read: () => Promise<T>;
  readonly show: (value: T) => void;
  /** The broker does not answer any more; told at each look, with what was read last. */
  readonly lost: (error: KBrokerError, last: T) => void;
  readonly intervalMs: number;
  readonly clock: Clock;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/**
 * Reads and shows until `signal` aborts. A broker that does not answer at the first look is an error; one that goes away later is
 * said and waited for.
 */
export async function watch<T>({ read, show, lost, intervalMs, clock, signal }: WatchOptions<T>): Promise<void> {
  let last: { readonly value: T } | undefined;
  while (!signal.aborted) {
    try {
      const value = await orAborted(read(), signal);
      if (value === undefined) return;
      last = { value };
      show(value);
    } catch (error) {
      if (last === undefined || !isPassing(error)) throw error;
      lost(error, last.value);
    }
    await clock.after(intervalMs, signal);
  }
}
