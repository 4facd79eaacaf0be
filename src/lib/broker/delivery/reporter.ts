import type { Endpoint } from "./endpoint.ts";
import { failed, type Hold } from "./hold.ts";

/** Tells the engine what is known of the endpoint: when it changed, at most once a period, at once where it turned. */
export interface Reporter {
  /** Writes if there is news and the last time is long enough ago. Never rejects. */
  pass(): void;
  /** Writes now. */
  turned(): void;
  /** Writes what is not written yet, after the end. */
  flush(): Promise<void>;
}

/** One write at a time. One that fails is said and written again later; nothing waits for it. */
export function reporter(hold: Hold, endpoint: Endpoint): Reporter {
  const { engine, ownership, clock, limits, activity, signal } = hold;
  let written = endpoint.revision;
  let notBeforeMs = 0;
  let writing: Promise<void> | undefined;
  let isUrgent = false;

  async function write(): Promise<void> {
    const { revision } = endpoint;
    isUrgent = false;
    notBeforeMs = clock.monotonic() + limits.reportPeriodMs;
    try {
      await engine.reports.report(ownership, endpoint.report());
      written = revision;
    } catch (error) {
      failed(hold, "What is known of the endpoint cannot be written; it is written again later.", error);
    }
  }

  function start(): void {
    if (writing !== undefined || written === endpoint.revision || signal.aborted) return;
    writing = activity.during(write()).finally(() => {
      writing = undefined;
      if (isUrgent) start();
    });
  }

  return {
    pass() {
      if (clock.monotonic() >= notBeforeMs) start();
    },
    turned() {
      isUrgent = true;
      start();
    },
    async flush() {
      await writing;
      if (written !== endpoint.revision) await write();
    },
  };
}
