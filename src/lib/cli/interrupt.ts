import { CODES } from "../domain/error.ts";

/** Ctrl-C while something runs that can end in good order. */
export interface Interrupt {
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Ctrl-C ends the process again, as it does by itself. */
  release(): void;
}

/** From now on the first Ctrl-C asks; a second one ends the process at once, with 130. */
export function onInterrupt(): Interrupt {
  const asked = new AbortController();
  const ask = () => {
    if (asked.signal.aborted) process.exit(CODES.cancelled.exit);
    asked.abort();
  };
  process.on("SIGINT", ask);
  return { signal: asked.signal, release: () => process.off("SIGINT", ask) };
}
