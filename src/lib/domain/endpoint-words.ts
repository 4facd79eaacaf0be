import type { OpenCircuit } from "./circuit.ts";

/** Why an endpoint gets less than it could (times in wall time), in words for somebody who was woken up: what fails, since when, what happens next, what to do. */
export function circuitWords({ kind, pace, reason, sinceMs, nextProbeMs }: OpenCircuit): string {
  const next = `next probe at ${instant(nextProbeMs)}`;
  const since = `since ${instant(sinceMs)}`;
  if (kind === "rejecting") {
    return `the endpoint refuses for good whatever it gets ${since}: ${reason}; its messages are held, none is given up; ${next}; mend the consumer, or let them go with --on-rejecting dead-letter`;
  }
  const whats = kind === "unreachable" ? "nobody can be reached at the endpoint" : "the endpoint fails";
  const todo =
    pace === "slow" ? "check its address, its certificate and its credentials" : "mend or start the consumer";
  return `${whats} ${since}: ${reason}; ${next}; ${todo}, deliveries go on by themselves`;
}

export function heldWords(untilMs: number): string {
  return `the consumer asked to be left alone (Retry-After) until ${instant(untilMs)}; kbroker subscription pause and resume end it early`;
}

export function rejectedWords(count: number): string {
  return `the endpoint refused ${count} of the last 30 messages for good; each is in the dead letter topic`;
}

export function goneWords(subscription: string, atMs: number): string {
  return `the endpoint answered 410 (gone) at ${instant(atMs)}, so nothing is sent any more; once it is back: kbroker subscription resume ${subscription}`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
