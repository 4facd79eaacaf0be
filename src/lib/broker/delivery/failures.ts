import type { ErrorClass } from "../../domain/dead-letter.ts";
import type { Outcome } from "../../domain/delivery.ts";
import { formatDuration } from "../../domain/duration.ts";
import { reasonOf, type Unacknowledged } from "../../domain/reading.ts";
import { waitOf } from "../../domain/retry-after.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { judge, type Verdict } from "../../domain/verdict.ts";
import type { ParkedEntry, Source } from "../../engine/port.ts";
import type { Burial } from "./burial.ts";
import type { Endpoint, Sent } from "./endpoint.ts";
import type { Hold } from "./hold.ts";
import type { ParkedMessage, ParkedSet } from "./parked-set.ts";
import type { Parker } from "./parker.ts";
import type { SuspendedEntries } from "./suspended.ts";

/** A push that was not acknowledged. */
export interface Failure {
  readonly sent: Sent;
  readonly source: Source;
  readonly publishTimeMs: number;
  readonly outcome: Outcome;
  readonly reading: Unacknowledged;
  /** What is known of it from earlier attempts; `undefined` at the first. */
  readonly parked: ParkedMessage | undefined;
  /** A probe of a message that was not due yet. */
  readonly isEarly: boolean;
}

export interface FailuresOptions {
  readonly hold: Hold;
  readonly parked: ParkedSet;
  readonly parker: Parker;
  readonly burial: Burial;
  readonly endpoint: Endpoint;
  readonly suspended: Pick<SuspendedEntries, "has">;
  readonly random: () => number;
}

/** What becomes of messages that were not acknowledged: durable at once, tried again or on their way to the dead letter topic. */
export interface Failures {
  /** `durable` is told once the failure is. */
  record(failure: Failure, subscription: Subscription, durable: () => void): void;
  /** A message that was tried and whose time is over. */
  expire(message: ParkedMessage, durable: () => void): void;
}

export function failures(options: FailuresOptions): Failures {
  const { hold, parked, parker, burial, endpoint, suspended, random } = options;

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

  /** Judged by what the endpoint did before this attempt; then the endpoint is told of it. */
  function judged({ sent, outcome, reading, parked: before, isEarly }: Failure, subscription: Subscription): Verdict {
    const { observer, clock } = hold;
    const strikes = before?.entry.strikes ?? 0;
    const wait = waitOf(outcome, clock.now());
    const verdict = judge(subscription.retry, {
      ...{ reading, strikes, isEarly, attempts: (before?.entry.attempts ?? 0) + 1, random: random() },
      ...{ served: endpoint.served, servedThen: before?.entry.endpointThen },
      waitMs: wait?.scope === "message" ? wait.delayMs : undefined,
      isHolding: endpoint.open?.kind === "rejecting" && subscription.onRejecting !== "dead-letter",
    });
    const { onRejecting = "hold" } = subscription;
    endpoint.failed(sent, { outcome, reading, hasStrike: strikes > 0, onRejecting });
    if (verdict.strikes > strikes) observer.struck(subscription.name, subscription.topic);
    return verdict.kind === "retry" && wait?.scope === "subscription" ? notAfter(verdict, wait.delayMs) : verdict;
  }

  return {
    record(failure, subscription, durable) {
      const verdict = judged(failure, subscription);
      const waitedBefore = failure.parked?.entry.waitedBefore ?? suspended.has(failure.source);
      const entry = {
        ...failedEntry(hold, failure, verdict),
        endpointThen: endpoint.served,
        ...(waitedBefore ? { waitedBefore } : {}),
      };
      if (verdict.kind === "dead") void die(entry, verdict.errorClass, durable);
      else store(entry, durable);
    },
    expire({ entry }, durable) {
      const reason = `expired after ${formatDuration(hold.ttlMs)}; the last attempt: ${entry.reason}`;
      void die({ ...entry, reason, lastFailureMs: hold.clock.now() }, "expired", durable);
    },
  };
}

function failedEntry({ clock, subscription }: Hold, failure: Failure, verdict: Verdict): ParkedEntry {
  const { source, publishTimeMs, outcome, parked } = failure;
  const nowMs = clock.now();
  return {
    source,
    generation: subscription.generation,
    publishTimeMs,
    attempts: (parked?.entry.attempts ?? 0) + 1,
    strikes: verdict.strikes,
    dueMs: nowMs + delayMs(failure, verdict, clock.monotonic()),
    firstFailureMs: parked?.entry.firstFailureMs ?? nowMs,
    lastFailureMs: nowMs,
    lastStatus: outcome.kind === "answered" ? outcome.status : null,
    reason: reasonOf(outcome),
    ...(parked?.entry.redrive === undefined ? {} : { redrive: parked.entry.redrive }),
  };
}

/** The subscription is held until then; when that ends, or is ended early, the message does not wait any longer than by itself. */
function notAfter(verdict: Extract<Verdict, { kind: "retry" }>, heldMs: number): Verdict {
  return verdict.delayMs === undefined ? verdict : { ...verdict, delayMs: Math.min(verdict.delayMs, heldMs) };
}

/** A message that was probed ahead of its time stays due when it was. */
function delayMs({ parked }: Failure, verdict: Verdict, monotonicMs: number): number {
  if (verdict.kind === "dead") return 0;
  return verdict.delayMs ?? Math.max(0, Math.round((parked?.dueMs ?? monotonicMs) - monotonicMs));
}
