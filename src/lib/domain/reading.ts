import type { Outcome } from "./delivery.ts";

/** `connection`: no byte was sent. `unavailable`: it broke later, the answer timed out, or it was 429, 502, 503, 504. `answered`: any other non-2XX. */
export type FailureClass = "connection" | "unavailable" | "answered";

/** What an outcome means. */
export type Reading =
  | { readonly kind: "ack" }
  /** The consumer took it and says that it comes to nothing: acknowledged, counted, never tried again. */
  | { readonly kind: "business" }
  /** This message will never be taken. */
  | { readonly kind: "permanent" }
  /** Nobody is to push here any more: 410. */
  | { readonly kind: "gone" }
  | { readonly kind: "failed"; readonly failure: FailureClass };

export type Unacknowledged = Exclude<Reading, { readonly kind: "ack" | "business" }>;

/** What is unavailable today is there tomorrow: none of these can be made permanent. */
export const UNAVAILABLE_STATUSES: readonly number[] = [429, 502, 503, 504];
export const GONE_STATUS = 410;

const ACK: Reading = { kind: "ack" };
const ANSWERED: Reading = { kind: "failed", failure: "answered" };
const UNAVAILABLE: Reading = { kind: "failed", failure: "unavailable" };
const CONNECTION: Reading = { kind: "failed", failure: "connection" };
const REFINED: Readonly<Record<string, Reading>> = { permanent: { kind: "permanent" }, business: { kind: "business" } };

/**
 * 2XX is always an acknowledgement. Of any other answer the consumer's own word (`X-KB-Result`) comes first, then 410, then the
 * statuses that the subscription calls permanent; whatever is left is transient.
 */
export function readOutcome(outcome: Outcome, permanentStatuses: readonly number[] = []): Reading {
  if (outcome.kind === "connection") return CONNECTION;
  if (outcome.kind === "unavailable") return UNAVAILABLE;
  const { status, details } = outcome;
  if (status >= 200 && status < 300) return ACK;
  const word = details?.result?.trim().toLowerCase();
  const refined = word === undefined ? undefined : REFINED[word];
  if (refined !== undefined) return refined;
  if (word !== "transient") {
    if (status === GONE_STATUS) return { kind: "gone" };
    if (permanentStatuses.includes(status)) return { kind: "permanent" };
  }
  return UNAVAILABLE_STATUSES.includes(status) ? UNAVAILABLE : ANSWERED;
}

/** What happened, in words, for whoever reads the dead letter: the consumer's own text where it gave one. */
export function reasonOf(outcome: Outcome): string {
  if (outcome.kind !== "answered") return outcome.reason;
  // It ends on a terminal: no control character of the consumer's may come that far.
  const text = outcome.details?.excerpt?.replaceAll(/\s+/g, " ").replaceAll(/\p{C}/gu, "?").trim() ?? "";
  return text === "" ? `answered ${outcome.status}` : `answered ${outcome.status}: ${text}`;
}
