import type { Outcome } from "./delivery.ts";
import { type Pace, PROBE_DELAY_MS_MAX, paceOf, probeDelayMs } from "./probe-pace.ts";
import { reasonOf, type Unacknowledged } from "./reading.ts";
import { recentOutcomes } from "./recent-outcomes.ts";
import { isRejecting, NO_VERDICTS, permanentCount, withVerdict } from "./rejecting.ts";
import type { OnRejecting } from "./subscription.ts";

/** Why it is open: nobody is at the endpoint, it fails, or it refuses for good whatever it gets. */
export type CircuitKind = "unreachable" | "failing" | "rejecting";

/** An open circuit: nothing is sent but probes. */
export interface OpenCircuit {
  readonly kind: CircuitKind;
  /** Wall time. */
  readonly sinceMs: number;
  /** What the last failure was, in words. */
  readonly reason: string;
  readonly pace: Pace;
  /** Sent since it opened. */
  readonly probes: number;
  /** Monotonic time; in what is reported, wall time. */
  readonly nextProbeMs: number;
}

export interface At {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** A push that was not acknowledged. */
export interface FailedPush {
  readonly messageId: string;
  readonly outcome: Outcome;
  readonly reading: Unacknowledged;
  readonly isProbe: boolean;
  /** The message had one before. */
  readonly hasStrike: boolean;
  readonly onRejecting: OnRejecting;
}

/** Tells an outage from poison, for one subscription. What it opened for is told nowhere but here; the caller watches `open`. */
export interface Circuit {
  readonly open: OpenCircuit | undefined;
  /** Of the last 30 verdicts, how many were permanent, where that is most of them. */
  readonly rejected: number | undefined;
  acked(messageId: string, isProbe: boolean, monotonicMs: number): void;
  failed(push: FailedPush, at: At): void;
  /** A probe is sent: the next one is later. */
  probe(monotonicMs: number): void;
  /** Closes it, and forgets all outcomes. */
  close(): void;
}

export function circuit(known?: OpenCircuit): Circuit {
  let open = known;
  let outcomes = recentOutcomes();
  let verdicts = NO_VERDICTS;

  function close(): void {
    open = undefined;
    outcomes = recentOutcomes();
    verdicts = NO_VERDICTS;
  }

  function opened(kind: CircuitKind, outcome: Outcome, { wallMs, monotonicMs }: At): OpenCircuit {
    const pace = paceOf(outcome);
    const nextProbeMs = monotonicMs + probeDelayMs(pace, 0);
    return { kind, sinceMs: wallMs, reason: reasonOf(outcome), pace, probes: 0, nextProbeMs };
  }

  /** A probe tells what the endpoint does now. Where that can be mended sooner, the next one comes sooner. */
  function probed(before: OpenCircuit, outcome: Outcome, monotonicMs: number): OpenCircuit {
    const pace = paceOf(outcome);
    const soonMs = monotonicMs + probeDelayMs(pace, before.probes);
    return { ...before, pace, reason: reasonOf(outcome), nextProbeMs: Math.min(before.nextProbeMs, soonMs) };
  }

  return {
    get open() {
      return open;
    },
    get rejected() {
      return isRejecting(verdicts) ? permanentCount(verdicts) : undefined;
    },
    acked(messageId, isProbe, monotonicMs) {
      if (open !== undefined) {
        if (isProbe) close();
        return;
      }
      outcomes.good(messageId, monotonicMs);
      if (verdicts !== NO_VERDICTS) verdicts = withVerdict(verdicts, false);
    },
    failed({ messageId, outcome, reading, isProbe, hasStrike, onRejecting }, at) {
      const isPermanent = reading.kind === "permanent";
      if (reading.kind === "gone" || (hasStrike && !isPermanent && !isProbe)) return;
      verdicts = withVerdict(verdicts, isPermanent);
      if (open !== undefined && isProbe) open = probed(open, outcome, at.monotonicMs);
      if (isPermanent && onRejecting === "hold" && isRejecting(verdicts)) {
        open = open === undefined ? opened("rejecting", outcome, at) : { ...open, kind: "rejecting" };
      }
      if (open !== undefined) return;
      if (reading.kind !== "failed") return outcomes.good(messageId, at.monotonicMs);
      const trip = outcomes.failed(messageId, reading.failure === "connection", at.monotonicMs);
      if (trip !== undefined) open = opened(trip, outcome, at);
    },
    probe(monotonicMs) {
      if (open === undefined) return;
      const probes = open.probes + 1;
      open = { ...open, probes, nextProbeMs: monotonicMs + probeDelayMs(open.pace, probes) };
    },
    close,
  };
}

/** A circuit that another owner left open, as its report has it. However its clock stood, the next probe is no further away than any is. */
export function reopened(reported: OpenCircuit, { wallMs, monotonicMs }: At): OpenCircuit {
  const waitMs = Math.min(PROBE_DELAY_MS_MAX, Math.max(0, reported.nextProbeMs - wallMs));
  return { ...reported, nextProbeMs: monotonicMs + waitMs };
}
