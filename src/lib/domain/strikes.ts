import type { FailureClass } from "./reading.ts";

/** What an endpoint has done so far, over all messages of a subscription: both only ever rise. */
export interface Served {
  readonly attempts: number;
  readonly acks: number;
}

export interface Failure {
  readonly failure: FailureClass;
  /** A probe that came ahead of the message's own due time. */
  readonly isEarly: boolean;
  /** Of all attempts before this one. */
  readonly served: Served;
  /** As it was after this message's previous attempt; `undefined` at the first. */
  readonly servedThen: Served | undefined;
}

/**
 * Whether a failed delivery counts toward the dead letter topic. What the consumer answered does. An unavailable endpoint does only if it
 * served others meanwhile: of the other attempts since this message's previous one at least half, and at least one, were acknowledged.
 * A message that nobody was sent never has one, nor has a probe that came early.
 */
export function isStrike({ failure, isEarly, served, servedThen }: Failure): boolean {
  if (failure === "connection" || isEarly) return false;
  if (failure === "answered") return true;
  if (servedThen === undefined) return false;
  const others = served.attempts - servedThen.attempts;
  const acked = served.acks - servedThen.acks;
  return acked >= 1 && acked * 2 >= others;
}
