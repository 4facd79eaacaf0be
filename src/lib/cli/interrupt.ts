import { CODES } from "../domain/error.ts";

/** Ctrl-C while something runs that can end in good order. */
export interface Interrupt {
  /** Aborts at the first Ctrl-C; with the reason "unread" when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Ctrl-C ends the process again, as it does by itself. */
  release(): void;
}

interface InterruptOptions {
  /** Also ends when the reader of this goes away, as `| head` does. */
  readonly alsoWhenUnread?: NodeJS.WriteStream;
}

/** From now on the first Ctrl-C asks; a second one ends the process at once, with 130. */
export function onInterrupt({ alsoWhenUnread }: InterruptOptions = {}): Interrupt {
  const asked = new AbortController();
  const ask = () => {
    if (asked.signal.aborted) process.exit(CODES.cancelled.exit);
    asked.abort();
  };
  const unread = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") asked.abort("unread");
  };
  process.on("SIGINT", ask);
  alsoWhenUnread?.on("error", unread);
  return {
    signal: asked.signal,
    release: () => {
      process.off("SIGINT", ask);
      alsoWhenUnread?.off("error", unread);
    },
  };
}
