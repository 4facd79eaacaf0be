import type { OpenCircuit } from "./circuit.ts";

/** Whose endpoint it is: the words name the command to run. */
interface Reader {
  readonly name: string;
  readonly state: "active" | "paused";
}

/** Why an endpoint gets less than it could (times in wall time), in words for somebody who was woken up: what fails, since when, what happens next, what to do. */
export function circuitWords({ kind, pace, reason, sinceMs, nextProbeMs }: OpenCircuit, reader: Reader): string {
  const what = `${WHAT[kind]} since ${instant(sinceMs)}: ${reason}`;
  if (reader.state === "paused") {
    return `${what}; nothing is sent while it is paused; kbroker subscription resume ${reader.name} tries again`;
  }
  const next = `next probe at ${instant(nextProbeMs)}`;
  if (kind === "rejecting") {
    return `${what}; its messages are held, none is given up; ${next}; mend the consumer, or let them go: kbroker subscription update ${reader.name} --on-rejecting dead-letter`;
  }
  const todo =
    pace === "slow" ? "check its address, its certificate and its credentials" : "mend or start the consumer";
  return `${what}; ${next}; ${todo}, deliveries go on by themselves`;
}

const WHAT = {
  unreachable: "nobody can be reached at the endpoint",
  failing: "the endpoint fails",
  rejecting: "the endpoint refuses for good whatever it gets",
} as const;

export function heldWords(untilMs: number, { name, state }: Reader): string {
  const resume = `kbroker subscription resume ${name}`;
  const early = state === "paused" ? resume : `kbroker subscription pause ${name} && ${resume}`;
  return `the consumer asked to be left alone (Retry-After) until ${instant(untilMs)}; to try earlier: ${early}`;
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
