import type { ErrorClass } from "../../domain/dead-letter.ts";
import type { Outcome } from "../../domain/delivery.ts";
import { formatDuration } from "../../domain/duration.ts";
import type { RetryPolicy } from "../../domain/retry.ts";
import { judge, reasonOf, type Verdict } from "../../domain/verdict.ts";
import type { ParkedEntry, Source } from "../../engine/port.ts";
import type { Burial } from "./burial.ts";
import type { Hold } from "./hold.ts";
import type { ParkedMessage, ParkedSet } from "./parked-set.ts";
import type { Parker } from "./parker.ts";

export interface Failure {
  readonly source: Source;
  readonly publishTimeMs: number;
  readonly outcome: Outcome;
  /** What is known of it from earlier attempts; `undefined` at the first. */
  readonly previous: ParkedEntry | undefined;
}

export interface FailuresOptions {
  readonly hold: Hold;
  readonly parked: ParkedSet;
  readonly parker: Parker;
  readonly burial: Burial;
  readonly random: () => number;
}

/** What becomes of messages that were not acknowledged: durable at once, tried again or on their way to the dead letter topic. */
export interface Failures {
  /** `durable` is told once the failure is. */
  record(failure: Failure, policy: RetryPolicy, durable: () => void): void;
  /** A message that was tried and whose time is over. */
  expire(message: ParkedMessage, durable: () => void): void;
}

export function failures({ hold, parked, parker, burial, random }: FailuresOptions): Failures {
  function store(entry: ParkedEntry, durable: () => void): void {
    parker.park(entry, () => {
      const message = parked.add(entry);
      if (entry.dying !== undefined) burial.add(message);
      durable();
    });
  }

  async function die(entry: ParkedEntry, errorClass: ErrorClass, durable: () => void): Promise<void> {
    hold.activity.begin();
    const ends = await burial.ends();
    if (!hold.signal.aborted) store({ ...entry, dying: { errorClass, ends } }, durable);
    hold.activity.end();
  }

  return {
    record(failure, policy, durable) {
      const strikes = failure.previous?.strikes ?? 0;
      const verdict = judge(policy, { strikes, outcome: failure.outcome, random: random() });
      const entry = failedEntry(hold, failure, verdict);
      if (verdict.kind === "dead") void die(entry, verdict.errorClass, durable);
      else store(entry, durable);
    },
    expire({ entry }, durable) {
      const reason = `expired after ${formatDuration(hold.ttlMs)}; the last attempt: ${entry.reason}`;
      void die({ ...entry, reason, lastFailureMs: hold.clock.now() }, "expired", durable);
    },
  };
}

function failedEntry(
  { clock, subscription }: Hold,
  { outcome, previous, ...message }: Failure,
  verdict: Verdict,
): ParkedEntry {
  const nowMs = clock.now();
  return {
    source: message.source,
    generation: subscription.generation,
    publishTimeMs: message.publishTimeMs,
    attempts: (previous?.attempts ?? 0) + 1,
    strikes: verdict.kind === "ack" ? 0 : verdict.strikes,
    dueMs: nowMs + (verdict.kind === "retry" ? verdict.delayMs : 0),
    firstFailureMs: previous?.firstFailureMs ?? nowMs,
    lastFailureMs: nowMs,
    lastStatus: outcome.kind === "answered" ? outcome.status : null,
    reason: reasonOf(outcome),
    ...(previous?.redrive === undefined ? {} : { redrive: previous.redrive }),
  };
}
