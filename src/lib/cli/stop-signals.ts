import { CODES } from "../domain/error.ts";

/** For the person at the keys; a log has lines of its own. */
const STOPPING =
  "\nStopping: deliveries under way have up to 20 s. Ctrl-C again ends it at once; nothing acknowledged is lost by that.\n";

export interface StopSignals {
  /** Resolves at the first SIGINT or SIGTERM. A SIGINT after it ends the process with 130. */
  readonly asked: Promise<void>;
  /** Ends the process with 1 unless it has ended by itself by then. */
  exitAfter(delayMs: number): void;
}

/** From now on the two signals ask instead of killing. A log that nobody reads any more does not kill either. */
export function stopSignals(): StopSignals {
  process.stderr.on("error", () => undefined);
  const asked = new Promise<void>((resolve) => {
    let isAsked = false;
    const ask = (signal: NodeJS.Signals) => {
      if (isAsked && signal === "SIGINT") process.exit(CODES.cancelled.exit);
      if (signal === "SIGINT" && process.stderr.isTTY) process.stderr.write(STOPPING);
      isAsked = true;
      resolve();
    };
    process.on("SIGINT", ask).on("SIGTERM", ask);
  });
  return {
    asked,
    exitAfter(delayMs) {
      setTimeout(() => process.exit(CODES.internal.exit), delayMs).unref();
    },
  };
}
