import { afterAll, expect, test } from "vitest";
import type { Outcome } from "../../../../src/lib/domain/delivery.ts";
import { answered, ok, refused } from "../../../support/consumer.ts";
import {
  at,
  type Endpoint,
  every,
  HOUR_MS,
  MINUTE_MS,
  type Scenario,
  SECOND_MS,
  type Simulated,
  seeded,
  simulate,
} from "../../../support/simulation.ts";

/*
 * What follows from the rules of delivery, hour by hour: the dispatcher itself, the default retry policy, a clock that the test moves.
 * Each test is a sentence of docs/endpoint-health.md; the table there is what this file prints.
 */

const SIMULATION_MS_MAX = 120_000;
const BUSY = every(200);
const QUIET = every(MINUTE_MS);
const gone: Outcome = { kind: "connection", reason: "no address for host consumer", fault: "dns", tookMs: 1 };
const timedOut: Outcome = { kind: "unavailable", reason: "no answer within 30s", tookMs: 30_000 };
const asked: Outcome = { kind: "answered", status: 429, tookMs: 1, details: { retryAfter: "30" } };

const table: string[] = [];
afterAll(() => console.log(["", ...table, ""].join("\n")));

interface Figures extends Simulated {
  /** From recovery to the first acknowledgement. */
  readonly recoveredMs: number;
  readonly acked: number;
}

/** Runs it and notes a line of the table. `upMs`: when the endpoint recovers. */
async function run(name: string, scenario: Scenario, upMs = 0): Promise<Figures> {
  const simulated = await simulate(scenario);
  const { pushes, dead, probes, strikes, stage } = simulated;
  const first = pushes.find(({ acked, atMs }) => acked && atMs >= upMs);
  const recoveredMs = (first?.atMs ?? Number.POSITIVE_INFINITY) - upMs;
  const acked = pushes.filter((push) => push.acked).length;
  const back = upMs === 0 ? "-" : `${(recoveredMs / SECOND_MS).toFixed(1)} s`;
  const facts = [name, pushes.length, acked, dead.length, strikes, probes, back, stage.status().parked];
  table.push(`| ${facts.join(" | ")} |`);
  return { ...simulated, recoveredMs, acked };
}

const bad =
  (outcome: Outcome, ...ids: readonly string[]): Endpoint =>
  ({ id }) =>
    ids.includes(id) ? outcome : ok;
const until =
  (ms: number, outcome: Outcome): Endpoint =>
  ({ atMs }) =>
    atMs < ms ? outcome : ok;

async function deathMinutes({ stage, dead }: Simulated): Promise<readonly number[]> {
  const letters = await stage.deadLetterMessages();
  expect(letters).toHaveLength(dead.length);
  return letters.map(({ timeMs }) => (timeMs - Date.UTC(2026, 0, 1)) / MINUTE_MS);
}

test.each([1, 2, 3])(
  "%d bad messages answered 500 on a quiet topic die after about 20 minutes",
  async (count) => {
    const ids = ["m0", "m1", "m2"].slice(0, count);
    const arrivals = at(...ids.map((_, index) => index));

    const figures = await run(`${count} bad on a quiet topic, 500`, {
      arrivals,
      endpoint: bad(answered(500), ...ids),
      forMs: HOUR_MS,
    });

    expect(figures.dead).toEqual(expect.arrayContaining(ids.map((id) => `${id}: answered`)));
    expect(figures).toMatchObject({ probes: 0, strikes: 10 * count });
    for (const minutes of await deathMinutes(figures)) expect(Math.abs(minutes - 20.25)).toBeLessThan(4);
  },
  SIMULATION_MS_MAX,
);

test(
  "one bad message among 5 a second dies after about 20 minutes, and nothing else suffers",
  async () => {
    const forMs = 30 * MINUTE_MS;

    const figures = await run("1 bad among 5/s, 500", {
      arrivals: BUSY,
      endpoint: bad(answered(500), "m7"),
      forMs,
    });

    expect(figures.dead).toEqual(["m7: answered"]);
    expect(figures).toMatchObject({ probes: 0, strikes: 10, acked: 5 * 30 * 60 });
    expect(Math.abs(((await deathMinutes(figures))[0] ?? 0) - 20.25)).toBeLessThan(4);
  },
  SIMULATION_MS_MAX,
);

test(
  "five bad messages with one good one a minute: all five die, the good ones arrive",
  async () => {
    const five = ["m0", "m1", "m2", "m3", "m4"];
    const arrivals = {
      timeOf: (index: number) => (index < 5 ? 0 : (index - 4) * MINUTE_MS),
      countUntil: (ms: number) => 5 + Math.floor(ms / MINUTE_MS),
    };

    const figures = await run("5 bad, 1 good a minute, 500", {
      ...{ arrivals, endpoint: bad(answered(500), ...five), forMs: HOUR_MS },
    });

    expect(new Set(figures.dead)).toEqual(new Set(five.map((id) => `${id}: answered`)));
    expect(figures.acked).toBe(60);
  },
  SIMULATION_MS_MAX,
);

test.each([
  ["503 for an hour at 1 a minute", QUIET, answered(503), 1],
  ["503 for two hours at 1 a minute", QUIET, answered(503), 2],
  ["refused for an hour at 1 a minute", QUIET, refused, 1],
  ["refused for two hours at 1 a minute", QUIET, refused, 2],
  ["503 for an hour at 5 a second", BUSY, answered(503), 1],
  ["503 for two hours at 5 a second", BUSY, answered(503), 2],
  ["refused for an hour at 5 a second", BUSY, refused, 1],
  ["refused for two hours at 5 a second", BUSY, refused, 2],
  ["too slow for an hour at 5 a second", BUSY, timedOut, 1],
])(
  "%s: no strike, none dead, first delivery at most 10 s after recovery",
  async (name, arrivals, outcome, hours) => {
    const upMs = hours * HOUR_MS;

    const figures = await run(name, { arrivals, endpoint: until(upMs, outcome), forMs: upMs + 2 * MINUTE_MS }, upMs);

    expect(figures).toMatchObject({ dead: [], strikes: 0 });
    expect(figures.recoveredMs).toBeLessThanOrEqual(10 * SECOND_MS);
    expect(figures.probes).toBeLessThanOrEqual(hours * 365);
    expect(figures.acked).toBe(arrivals.countUntil(upMs + 2 * MINUTE_MS));
    expect(figures.stage.status()).toMatchObject({ parked: 0, health: "ok" });
  },
  SIMULATION_MS_MAX,
);

test(
  "a consumer that is down for an hour at 1 000 messages a second: 0 strikes kept, 0 dead letters, a probe's worth parked",
  async () => {
    const forMs = HOUR_MS + 20 * SECOND_MS;
    const scenario = { arrivals: every(1), endpoint: until(HOUR_MS, answered(503)), latencyMs: 50, forMs };

    const figures = await run("503 for an hour at 1 000 a second", scenario, HOUR_MS);

    expect(figures).toMatchObject({ dead: [], strikes: 0 });
    const tried = new Set(figures.pushes.filter(({ atMs }) => atMs < HOUR_MS).map(({ id }) => id));
    expect(tried.size).toBeLessThanOrEqual(figures.probes + 10);
    expect(figures.recoveredMs).toBeLessThanOrEqual(10 * SECOND_MS);
    expect(figures.stage.status()).toMatchObject({ parked: 0, health: "ok", endpoint: { window: 100 } });
  },
  SIMULATION_MS_MAX,
);

test(
  "70 % of answers 503 for an hour: none dead",
  async () => {
    const random = seeded();
    const endpoint: Endpoint = ({ atMs }) => (atMs < HOUR_MS && random() < 0.7 ? answered(503) : ok);

    const forMs = HOUR_MS + 5 * MINUTE_MS;
    const figures = await run("70 % 503 for an hour at 5 a second", { arrivals: BUSY, endpoint, forMs }, HOUR_MS);

    expect(figures.dead).toEqual([]);
    expect(figures.recoveredMs).toBeLessThanOrEqual(10 * SECOND_MS);
  },
  SIMULATION_MS_MAX,
);

test(
  "a bad deploy answering 500 to everything for an hour at 5 a second: none dead, as only probes meet it",
  async () => {
    const scenario = { arrivals: BUSY, endpoint: until(HOUR_MS, answered(500)), forMs: HOUR_MS + 6 * MINUTE_MS };

    const figures = await run("500 to everything for an hour at 5 a second", scenario, HOUR_MS);

    expect(figures.dead).toEqual([]);
    const met = figures.pushes.filter(({ atMs }) => atMs < HOUR_MS).length;
    expect(met - figures.probes).toBeLessThanOrEqual(5);
    expect(figures.recoveredMs).toBeLessThanOrEqual(10 * SECOND_MS);
    expect(figures.acked).toBe(BUSY.countUntil(scenario.forMs));
  },
  SIMULATION_MS_MAX,
);

test(
  "a bad deploy answering 500 to everything for an hour at 1 a minute: 13 of 60 die",
  async () => {
    const scenario = { arrivals: QUIET, endpoint: until(HOUR_MS, answered(500)), forMs: HOUR_MS + 6 * MINUTE_MS };

    const figures = await run("500 to everything for an hour at 1 a minute", scenario, HOUR_MS);

    expect(figures.dead).toHaveLength(13);
  },
  SIMULATION_MS_MAX,
);

test.each([
  ["503", answered(503)],
  ["a broken connection", { kind: "unavailable", reason: "the connection was reset", tookMs: 1 } as const],
])(
  "a message that alone gets %s on a busy topic dies after about 25 minutes",
  async (what, outcome) => {
    const figures = await run(`1 bad among 5/s, ${what}`, {
      ...{ arrivals: BUSY, endpoint: bad(outcome, "m7"), forMs: 35 * MINUTE_MS },
    });

    expect(figures.dead).toEqual(["m7: unavailable"]);
    expect(Math.abs(((await deathMinutes(figures))[0] ?? 0) - 25.25)).toBeLessThan(5);
  },
  SIMULATION_MS_MAX,
);

test(
  "a message that gets 503 on a topic where nothing else gets through waits",
  async () => {
    const scenario = { arrivals: at(0), endpoint: bad(answered(503), "m0"), forMs: 6 * HOUR_MS };

    const figures = await run("1 bad alone, 503, six hours", scenario);

    expect(figures).toMatchObject({ dead: [], strikes: 0 });
    expect(figures.stage.status().parked).toBe(1);
  },
  SIMULATION_MS_MAX,
);

test(
  "a bad deploy answering 400 to everything: 20 die, the rest is held and delivered at most 10 s after it is mended",
  async () => {
    const scenario = {
      ...{ arrivals: BUSY, endpoint: until(HOUR_MS, answered(400)), latencyMs: 20, forMs: HOUR_MS + 2 * MINUTE_MS },
      subscription: { permanentStatuses: [400] },
    };

    const figures = await run("400 (permanent) to everything for an hour at 5 a second", scenario, HOUR_MS);

    expect(new Set(figures.dead.map((each) => each.split(" ")[1]))).toEqual(new Set(["permanent"]));
    expect(figures.dead).toHaveLength(20);
    expect(figures.recoveredMs).toBeLessThanOrEqual(10 * SECOND_MS);
    expect(figures.acked).toBe(BUSY.countUntil(scenario.forMs) - 20);
  },
  SIMULATION_MS_MAX,
);

test.each([
  ["DNS gone", gone, 0],
  ["401 to everything", answered(401), 0],
  ["403 to everything", answered(403), 0],
  ["404 to everything", answered(404), 0],
])(
  "%s for an hour: a probe a minute, none dead, first delivery at most 60 s after recovery",
  async (name, outcome, deadMax) => {
    const scenario = { arrivals: BUSY, endpoint: until(HOUR_MS, outcome), forMs: HOUR_MS + 6 * MINUTE_MS };

    const figures = await run(`${name} for an hour at 5 a second`, scenario, HOUR_MS);

    expect(figures.dead).toHaveLength(deadMax);
    expect(figures.probes).toBeLessThanOrEqual(65);
    expect(figures.recoveredMs).toBeLessThanOrEqual(60 * SECOND_MS);
    expect(figures.acked).toBe(BUSY.countUntil(scenario.forMs));
  },
  SIMULATION_MS_MAX,
);

test(
  "a slow endpoint that takes what it gets is no outage: nothing is a strike, the window grows as it is used",
  async () => {
    const forMs = 5 * MINUTE_MS;

    const figures = await run("20 s for each answer at 5 a second", {
      ...{ arrivals: BUSY, endpoint: () => ok, latencyMs: 20 * SECOND_MS, forMs },
    });

    expect(figures).toMatchObject({ dead: [], strikes: 0, probes: 0 });
    expect(figures.stage.status()).toMatchObject({ health: "ok", parked: 0, endpoint: { window: 100 } });
  },
  SIMULATION_MS_MAX,
);

test(
  "a 429 with Retry-After: nothing is sent before its time, no probe, no strike, none dead",
  async () => {
    const upMs = 10 * MINUTE_MS;
    const scenario = { arrivals: BUSY, endpoint: until(upMs, asked), latencyMs: 20, forMs: upMs + 2 * MINUTE_MS };

    const figures = await run("429 with Retry-After: 30 for ten minutes at 5 a second", scenario, upMs);

    expect(figures).toMatchObject({ dead: [], strikes: 0, probes: 0 });
    const asking = figures.pushes.filter(({ acked }) => !acked).map(({ atMs }) => atMs);
    const waits = asking.slice(1).map((atMs, index) => atMs - (asking[index] ?? 0));
    expect(waits.filter((ms) => ms > 20 && ms < 30 * SECOND_MS)).toEqual([]);
    expect(figures.recoveredMs).toBeLessThanOrEqual(31 * SECOND_MS);
  },
  SIMULATION_MS_MAX,
);
