import type { Clock } from "../../../domain/clock.ts";
import { messageOf } from "../../../domain/error.ts";
import type { Report } from "../../../domain/report.ts";

/** How long what is of no use any more lies there: its writer clears it, and where that is gone, whoever else is there. */
const OWN_AFTER_MS = 60_000;
const ANY_AFTER_MS = 10 * 60_000;
const PASS_MS = 15_000;

export interface TidyOptions {
  readonly clock: Clock;
  readonly report: Report;
  /** Clears what is of no use any more of those. */
  readonly clear: (keys: ReadonlySet<string>) => Promise<void>;
}

/** Knows what is to be cleared, and from when on. */
export interface Tidying {
  /** It is of no use any more. `isOwn`: this node wrote what made it so. */
  note(key: string, isOwn: boolean): void;
  forget(key: string): void;
  close(): Promise<void>;
}

/** Cleared in one pass at most. */
const PASS_COUNT_MAX = 1_000;

export function startTidying({ clock, report, clear }: TidyOptions): Tidying {
  const due = new Map<string, number>();
  const ending = new AbortController();
  const { signal } = ending;
  const passes = run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await clock.after(PASS_MS, signal);
      if (!signal.aborted) await pass();
    }
  }

  async function pass(): Promise<void> {
    const nowMs = clock.monotonic();
    const keys = new Set<string>();
    for (const [key, dueMs] of due) if (dueMs <= nowMs && keys.size < PASS_COUNT_MAX) keys.add(key);
    if (keys.size === 0) return;
    try {
      await clear(keys);
    } catch (error) {
      if (!signal.aborted) report("info", "Old records stay for now.", { cause: messageOf(error) });
    }
  }

  return {
    note(key, isOwn) {
      const dueMs = clock.monotonic() + (isOwn ? OWN_AFTER_MS : ANY_AFTER_MS);
      due.set(key, Math.min(due.get(key) ?? dueMs, dueMs));
    },
    forget: (key) => void due.delete(key),
    async close() {
      ending.abort();
      await passes;
    },
  };
}
