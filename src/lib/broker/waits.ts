/** One that waits until something happens, its time is over, or the broker stops. */
export interface Wait {
  /** Aborts when it ends, whoever ended it. */
  readonly signal: AbortSignal;
  end(): void;
}

/** All that wait. */
export interface Waits {
  /** From the end of all on it is over from the beginning. */
  begin(): Wait;
  endAll(): void;
}

/**
 * As many may wait as there are connections. Each has a signal of its own: one for all would search through its listeners for each that
 * goes, and Node warns of a leak where there are more than ten.
 */
export function openWaits(): Waits {
  const waiting = new Set<AbortController>();
  let isOver = false;

  return {
    begin() {
      const over = new AbortController();
      if (isOver) over.abort();
      else waiting.add(over);
      return {
        signal: over.signal,
        end() {
          waiting.delete(over);
          over.abort();
        },
      };
    },
    endAll() {
      isOver = true;
      for (const over of waiting) over.abort();
      waiting.clear();
    },
  };
}
